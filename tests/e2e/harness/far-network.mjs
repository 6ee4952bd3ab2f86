// A network that can fail: the API's side is a namespace of its own at the other end of a virtual cable, with a name server, and with a router's
// habit of forgetting connections that are silent. To be used inside the namespace of `namespace.mjs`, where it is the only way out.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { Server } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findProgram, namespacePrograms } from "../../../scripts/lib/system.mjs";

const NEAR = "10.77.0.1";
const FAR = "10.77.0.2";
const CABLE = "near0";
const FAR_END = "far0";
/** How often the router looks who is silent. */
const LOOK_EVERY_MS = 500;

/** `answers`: with the address of the far side; `fails`: SERVFAIL, as a resolver does that cannot reach its own. @typedef {'answers' | 'fails'} NameServer */

/** @param {string} root a folder @returns {Promise<FarNetwork>} */
export async function startFarNetwork(root) {
  const { unshare } = namespacePrograms();
  const program = [process.execPath, fileURLToPath(new URL("far-side.mjs", import.meta.url))];
  const side = spawn(unshare, ["--net", ...program], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await once(side, "message");
  const network = new FarNetwork(side);
  network.ip("link", "add", CABLE, "type", "veth", "peer", "name", FAR_END, "netns", String(side.pid));
  network.ip("address", "add", `${NEAR}/24`, "dev", CABLE);
  await network.ask({ ip: ["address", "add", `${FAR}/24`, "dev", FAR_END] });
  await network.ask({ ip: ["link", "set", FAR_END, "up"] });
  // Before the addresses of this machine others can be asked about only when their table is not the first one.
  await network.ask({ ip: ["rule", "add", "pref", "100", "lookup", "local"] });
  await network.ask({ ip: ["rule", "del", "pref", "0"] });
  network.plugIn();
  await network.ask({ names: FAR });
  for (const [name, text] of [
    ["hosts", "127.0.0.1 localhost\n"],
    ["resolv.conf", `nameserver ${FAR}\noptions timeout:1 attempts:2\n`],
  ]) {
    const file = path.join(root, String(name));
    await writeFile(file, String(text));
    execFileSync("mount", ["--bind", file, `/etc/${name}`]);
  }
  return network;
}

export class FarNetwork {
  /** Connections that the router has forgotten, by the port on this side. @type {Set<number>} */
  forgotten = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  #looking;
  #last = Promise.resolve(/** @type {unknown} */ (undefined));

  /** @param {import('node:child_process').ChildProcess} side */
  constructor(side) {
    this.side = side;
  }

  /** @param {...string} args */
  ip(...args) {
    execFileSync(namespacePrograms().ip, args);
  }

  /**
   * Has the far side do something; one thing at a time.
   * @param {object} message @returns {Promise<import('node:net').Server | undefined>}
   */
  ask(message) {
    const asked = this.#last.then(async () => {
      this.side.send(message);
      const [{ failed }, handle] = await once(this.side, "message");
      if (failed) throw new Error(failed);
      return handle;
    });
    this.#last = asked.catch(() => {});
    return asked;
  }

  /** A socket that listens over there, to be served here. @param {number} port @returns {Promise<import('node:net').Server>} */
  async listen(port) {
    const server = await this.ask({ listen: port, address: FAR });
    if (!(server instanceof Server)) throw new Error("the far side gave no socket");
    return server;
  }

  /** From now on there is no route to anywhere; what stands falls silent. */
  unplug() {
    this.ip("link", "set", CABLE, "down");
  }

  plugIn() {
    this.ip("link", "set", CABLE, "up");
    this.ip("route", "add", "default", "via", FAR);
  }

  /** @param {NameServer} how */
  async names(how) {
    await this.ask({ names: how === "answers" ? FAR : null });
  }

  /**
   * From now on a connection in which nothing was said for so long, not even by TCP itself, leads nowhere; neither side is told.
   * Who asks TCP's books on this side knows: what is sent, and what is acknowledged (`tcp_info`), passes the router.
   * @param {number} seconds
   */
  forgetAfter(seconds) {
    const ss = findProgram("ss");
    if (!ss) throw new Error("not found: ss (package iproute2)");
    this.#looking = setInterval(async () => {
      const { stdout } = await promisify(execFile)(ss, ["-tinHO", "state", "established", "dst", FAR]);
      for (const line of stdout.split("\n")) {
        const port = Number(/ \S+:(\d+) +\S+:443\b/.exec(line)?.[1]);
        const ago = [...line.matchAll(/\blast(?:snd|rcv|ack):(\d+)/g)].map(([, ms]) => Number(ms));
        if (!port || ago.length === 0 || Math.min(...ago) < seconds * 1000 || this.forgotten.has(port)) continue;
        this.forgotten.add(port);
        const either = [
          ["sport", port, "dport", 443],
          ["sport", 443, "dport", port],
        ];
        for (const ports of either)
          await this.ask({ ip: ["rule", "add", "pref", "10", "ipproto", "tcp", ...ports.map(String), "blackhole"] });
      }
    }, LOOK_EVERY_MS);
  }

  /** The router remembers everything again, even what it had forgotten. */
  async forgetNothing() {
    clearInterval(this.#looking);
    while (this.forgotten.size > 0) {
      for (let rules = 0; rules < 2; rules++) await this.ask({ ip: ["rule", "del", "pref", "10"] });
      this.forgotten.delete([...this.forgotten][0] ?? 0);
    }
  }

  async stop() {
    clearInterval(this.#looking);
    await this.#last;
    const gone = once(this.side, "exit");
    this.side.disconnect();
    await gone;
  }
}
