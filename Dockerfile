# syntax=docker/dockerfile:1
ARG NODE=24-bookworm-slim

FROM node:${NODE} AS build
# As the user of the image below: the cache of compiled code, which the build makes, is one user's.
RUN mkdir /build && chown node:node /build
USER node
WORKDIR /build
COPY --chown=node:node package.json package-lock.json ./
# No install scripts: the one of the `node` package would fetch the Node that is here already.
RUN npm ci --ignore-scripts --no-audit --no-fund --cache /tmp/npm
COPY --chown=node:node build.ts tsconfig.json tsconfig.build.json ./
COPY --chown=node:node src ./src
RUN node build.ts

FROM node:${NODE}
# The program is bundled: no node_modules, no sources. It belongs to root, so that the service cannot change itself.
COPY --from=build --chown=root:root /build/dist /app
# A catalog mounted as /data/catalog.yaml is found; everything else may be read-only.
WORKDIR /data
USER node
# Said, because not every runtime leaves traces of a container: listen on all interfaces, use container addresses.
# ENVIRONMENT and NODE_ENV are not: an image that says production would make every laptop strict. The operator says it.
ENV BEACON_NETWORK=container PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["node", "/app/cli.js", "healthcheck"]
# Without a shell: signals reach the service.
CMD ["node", "/app/main.js"]
