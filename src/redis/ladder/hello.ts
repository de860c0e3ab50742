import { fieldsOf, type Reply } from '../resp.ts';
import { helloArguments } from './credentials.ts';
import { ask, exchange, explain, faultOfReply, type ServerIdentity, type Session } from './session.ts';
import { fail, type Note, type Outcome, pass } from './step-log.ts';

/** Switches to RESP3 as current clients do, and learns what kind of server this is. */
export async function sayHello(session: Session): Promise<Outcome<null>> {
  const credentials = session.authenticateByHello ? helloArguments(session.target) : [];
  const heard = await exchange(session, 'HELLO', '3', ...credentials);
  if (heard.kind === 'closed') return fail('HELLO_UNSUPPORTED');
  const answer = heard.kind === 'reply' ? pass(heard.reply) : await explain(session, heard);
  if (!answer.ok) return answer;
  if (answer.value.type !== 'error') return judgeServer(session, identityOf(fieldsOf(answer.value)));
  const text = answer.value.text;
  if (/^NOPROTO|^ERR unknown command/.test(text)) return askInfo(session);
  const code = faultOfReply(text);
  return fail(code === 'SERVER_ERROR' ? 'HELLO_UNSUPPORTED' : code);
}

/** Redis before 6 has no HELLO: clients fall back to RESP2, and INFO tells the same. */
async function askInfo(session: Session): Promise<Outcome<null>> {
  // Neither AUTH nor HELLO: there is no way to send the password.
  if (session.authenticateByHello && session.needsPassword) return fail('SERVER_ERROR');
  const answer = await ask(session, 'INFO');
  return answer.ok
    ? judgeServer(session, identityOf(infoFieldsOf(answer.value)), 'the server speaks RESP2 only')
    : answer;
}

function infoFieldsOf(reply: Reply): ReadonlyMap<string, string> {
  const lines = reply.type === 'bulk' ? reply.text.split('\r\n') : [];
  const fields = new Map(
    lines.map((line): [string, string] => [line.split(':', 1)[0] ?? '', line.replace(/^[^:]*:/, '')]),
  );
  return new Map([
    ['version', fields.get('redis_version') ?? ''],
    ['mode', fields.get('redis_mode') ?? ''],
    ['role', fields.get('role') === 'slave' ? 'replica' : (fields.get('role') ?? '')],
  ]);
}

const MODES: readonly string[] = ['standalone', 'sentinel', 'cluster'];
const ROLES: readonly string[] = ['master', 'replica'];

/** Only known words and a plain version come through: a reply is never passed on. Null: the server did not tell. */
function identityOf(fields: ReadonlyMap<string, string>): ServerIdentity | null {
  const version = fields.get('version') ?? '';
  const mode = fields.get('mode') ?? '';
  const role = fields.get('role') ?? '';
  if (!/^\d{1,4}(\.\d{1,4}){1,3}$/.test(version) || !MODES.includes(mode)) return null;
  // A Sentinel has the role `sentinel`.
  return { version, mode, role: ROLES.includes(role) ? role : mode };
}

function judgeServer(session: Session, server: ServerIdentity | null, note?: Note): Outcome<null> {
  session.server = server;
  if (server?.mode === 'sentinel') return fail('IS_SENTINEL');
  if (server?.mode === 'cluster') return fail('CLUSTER_MODE_MISMATCH');
  if (server?.role === 'replica') session.warnings.add('READ_ONLY_REPLICA');
  return pass(null, note);
}
