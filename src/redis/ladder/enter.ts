import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { authArguments, hasPassword } from './credentials.ts';
import { ask, faultOfReply, type Session } from './session.ts';
import { elapsedMs, fail, type Outcome, pass, skip } from './step-log.ts';

/** Proves the credentials on this very connection. */
export async function authenticate(session: Session): Promise<Outcome<null>> {
  if (!hasPassword(session.target)) return skip(null, 'no password declared');
  const answer = await ask(session, 'AUTH', ...authArguments(session.target));
  if (!answer.ok) return answer;
  if (answer.value.type === 'simple' && answer.value.text === 'OK') return pass(null);
  if (answer.value.type !== 'error') return fail('NOT_REDIS');
  return judgeAuthError(session, answer.value.text);
}

/** Careful: a server whose AUTH is renamed quotes the credentials in its error. */
function judgeAuthError(session: Session, text: string): Outcome<null> {
  if (/^ERR (AUTH <password> called without any password|Client sent AUTH, but no password)/.test(text)) {
    session.warnings.add('AUTH_NOT_CONFIGURED');
    return pass(null, 'the server has no password');
  }
  if (text.startsWith('ERR wrong number of arguments')) return fail('AUTH_USERNAME_UNSUPPORTED');
  if (text.startsWith('ERR unknown command')) {
    session.authenticateByHello = true;
    return pass(null, 'AUTH is renamed, HELLO carries the credentials');
  }
  const code = faultOfReply(text);
  return code === 'AUTH_WRONG' && !session.needsPassword
    ? fail(code, 'the default user needs no password')
    : fail(code);
}

/** Selects the declared database. Clients that skip this silently work in database 0. */
export async function select(session: Session): Promise<Outcome<null>> {
  const { db } = session.target;
  if (db === 0) return skip(null, 'the default database');
  const answer = await ask(session, 'SELECT', String(db));
  if (!answer.ok) return answer;
  const reply = answer.value;
  if (reply.type === 'simple' && reply.text === 'OK') return pass(null);
  if (reply.type !== 'error') return fail('NOT_REDIS');
  if (reply.text.startsWith('ERR SELECT is not allowed in cluster mode')) return fail('DB_IN_CLUSTER');
  return fail(/^ERR (DB index|invalid DB index)/.test(reply.text) ? 'DB_OUT_OF_RANGE' : faultOfReply(reply.text));
}

/** A PING that only the one who read it can answer; its way there and back is the latency. */
export async function exchangeNonce(session: Session): Promise<Outcome<null>> {
  const nonce = randomBytes(8).toString('hex');
  const startedAt = performance.now();
  const answer = await ask(session, 'PING', nonce);
  if (!answer.ok) return answer;
  const reply = answer.value;
  session.pingMs = elapsedMs(startedAt);
  if (reply.type === 'bulk' && reply.text === nonce) return pass(null);
  if (reply.type !== 'error') return fail('NOT_REDIS');
  const code = faultOfReply(reply.text);
  if (code !== 'PERSISTENCE_FAILED') return fail(code);
  session.warnings.add(code);
  return pass(null, 'writes are refused');
}
