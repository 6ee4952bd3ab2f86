// The other end of `far-network.mjs`'s cable, a process in a namespace of its own: it sets up its network, makes sockets that listen there for
// the harness to serve, and is the name server. It ends with the harness.
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { namespacePrograms } from "../../../scripts/lib/system.mjs";

const DNS_PORT = 53;
const A = 1;
/** In seconds: nobody is to remember it beyond an outage. */
const LIVES_FOR = 1;
const SERVFAIL = 2;

const { ip } = namespacePrograms();

/** Every name's address; null: it fails. @type {string | null} */
let address = null;

/** @param {any} message @returns {Promise<import('node:net').Server | undefined>} to be handed over */
async function done(message) {
  if (message.ip) execFileSync(ip, message.ip);
  if (message.names !== undefined) address = message.names;
  if (!message.listen) return undefined;
  const server = createServer();
  server.listen(message.listen, message.address);
  await once(server, "listening");
  return server;
}

async function nameServer() {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address: from, port }) => socket.send(answer(query), port, from));
  socket.bind(DNS_PORT);
  await once(socket, "listening");
}

/** To a query with one question (RFC 1035, section 4). @param {Buffer} query */
function answer(query) {
  const end = query.indexOf(0, 12) + 5;
  const reply = Buffer.from(query.subarray(0, end));
  const found = address !== null && query.readUInt16BE(end - 4) === A ? address.split(".").map(Number) : null;
  // A response, recursion available; one question, perhaps one answer, nothing more.
  reply.writeUInt16BE(0x8180 | (address === null ? SERVFAIL : 0), 2);
  reply.writeUInt16BE(1, 4);
  reply.writeUInt16BE(found ? 1 : 0, 6);
  reply.writeUInt32BE(0, 8);
  // Its name stands at byte 12; type A, class IN.
  return found
    ? Buffer.concat([reply, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, LIVES_FOR, 0, 4, ...found])])
    : reply;
}

process.on("message", async (message) => {
  try {
    const server = await done(message);
    // One of the two copies is closed, or the port would never be refused.
    process.send?.({}, server, {}, () => server?.close());
  } catch (error) {
    process.send?.({ failed: String(error) });
  }
});
process.once("disconnect", () => process.exit());
await nameServer();
process.send?.({});
