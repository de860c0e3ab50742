import type { Reply } from '../resp.ts';
import { hasPassword } from './credentials.ts';
import { ask, explain, faultOfReply, type Session } from './session.ts';
import { fail, type Outcome, pass } from './step-log.ts';

/** Redis speaks first only to refuse; SSH, SMTP and MySQL greet. */
const LISTEN_MS = 60;

/** Listens before anything is written. */
export async function listen(session: Session): Promise<Outcome<null>> {
  const heard = await session.wire.hear(session.isEncrypted ? 1 : LISTEN_MS);
  if (heard.kind === 'silent' && heard.bytes === 0) return pass(null);
  if (heard.kind === 'reply') return fail(heard.reply.type === 'error' ? faultOfReply(heard.reply.text) : 'NOT_REDIS');
  const outcome = await explain(session, heard);
  return outcome.ok ? fail('NOT_REDIS') : outcome;
}

/** One bare PING, before any credentials. */
export async function ping(session: Session): Promise<Outcome<null>> {
  const answer = await ask(session, 'PING');
  if (!answer.ok) return answer;
  const reply = answer.value;
  if (reply.type === 'simple' && reply.text === 'PONG') return pass(null);
  return reply.type === 'error' ? judgeError(session, reply) : fail('NOT_REDIS');
}

function judgeError(session: Session, reply: Extract<Reply, { text: string }>): Outcome<null> {
  const code = faultOfReply(reply.text);
  const mayHelp = code === 'AUTH_REQUIRED' || code === 'ACL_NOPERM';
  if (mayHelp && hasPassword(session.target)) {
    session.needsPassword = true;
    return pass(null, 'the server asks for a password');
  }
  if (code !== 'PERSISTENCE_FAILED') return fail(code);
  session.warnings.add(code);
  return pass(null, 'writes are refused');
}
