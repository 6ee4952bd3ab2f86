// Orders for a stand-in for an extension host.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { whenProcess } from "../harness/host.mjs";

const FILE = fileURLToPath(new URL("stand-in-host.mjs", import.meta.url));

export class Host {
  #number = 0;
  /** Settled when it is the host of a window, where it is to be. @type {Promise<unknown>} */
  attached = Promise.resolve();

  /** @param {NodeJS.ProcessEnv} env */
  constructor(env) {
    this.child = fork(FILE, ["--type=extensionHost"], { env, execArgv: [] });
    this.child.setMaxListeners(0);
    this.pid = Number(this.child.pid);
  }

  /** @param {'start' | 'attach'} what @param {object} order @returns {Promise<any>} */
  ask(what, order) {
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      const hear = (/** @type {any} */ answer) => {
        if (answer.number !== number) return;
        this.child.off("message", hear);
        if (answer.failed) reject(new Error(`a host was told to ${what}: ${answer.failed}`));
        else resolve(answer.done);
      };
      this.child.on("message", hear);
      this.child.once("exit", () => reject(new Error(`the host that was told to ${what} has ended`)));
      this.child.send({ number, what, order }, (error) => error && reject(error));
    });
  }

  /** As the user's `kill`, or the kernel's when memory is short. */
  async kill() {
    this.child.kill("SIGKILL");
    await whenProcess(this.pid, (facts) => !facts, { what: "a host ends" });
  }
}
