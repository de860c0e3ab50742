# syntax=docker/dockerfile:1
ARG NODE=24-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No install scripts: the one of the `node` package would fetch the Node that is here already.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY build.ts tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN node build.ts

FROM node:${NODE}
# The program is bundled: there is no node_modules, no npm package and no source in the image.
COPY --from=build --chown=root:root /build/dist /app
WORKDIR /data
USER node
# ENVIRONMENT is for the operator to set: an image that says production would make every laptop strict.
ENV PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["node", "/app/cli.js", "healthcheck"]
CMD ["node", "/app/main.js"]
