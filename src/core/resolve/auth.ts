import type { ResolvedAuth } from '../resolved.ts';
import type { ResolveContext } from './context.ts';
import { BUILT_IN } from './defaults.ts';
import { resolveSecret } from './secrets.ts';
import { candidates, isString, merge, type Section, subsections } from './section.ts';

/** ACL user and password of the parts under `auth`. */
export function resolveAuth(sections: readonly Section[], path: string, context: ResolveContext): ResolvedAuth {
  const parts = subsections(sections, 'auth');
  return {
    username: merge(candidates<string | null>(parts, 'username', isString)) ?? {
      value: null,
      origin: BUILT_IN,
      shadowed: [],
    },
    password: resolveSecret(parts, 'password', `${path}.password`, context),
  };
}
