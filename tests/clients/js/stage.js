// The stage: a gateway in front of an upstream that replays, led by JSON lines (see tests/src/bin/stage.rs).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Stage {
  static async start() {
    const stage = new Stage();
    stage.process = spawn(process.env.WEIGHBRIDGE_STAGE, { stdio: ["pipe", "pipe", "inherit"] });
    stage.lines = createInterface({ input: stage.process.stdout })[Symbol.asyncIterator]();
    const hello = await stage.read();
    stage.baseUrl = hello.base_url;
    stage.key = hello.key;
    return stage;
  }

  async read() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the stage has ended, see its output");
    return JSON.parse(value);
  }

  async ask(command) {
    this.process.stdin.write(JSON.stringify(command) + "\n");
    return this.read();
  }

  /** From now on the provider `route` answers with a fixture. */
  async set(route, fixture, cuts = "random") {
    await this.ask({ set: route, fixture, cuts });
    await this.ask({ take: route });
  }

  /** The requests that the provider has received since it was set. */
  take(route) {
    return this.ask({ take: route });
  }

  /** What the last call's record says, its usage without zeros. */
  async last() {
    const event = (await this.ask({ events: true })).at(-1);
    const usage = Object.fromEntries(Object.entries(event.usage).filter(([, quantity]) => quantity !== "0"));
    return { ...event, usage };
  }

  /** It checks the invariants of the books and ends with 0 if all is well. */
  async close() {
    const ended = once(this.process, "exit");
    this.process.stdin.end();
    const [code] = await ended;
    if (code !== 0) throw new Error("the stage found an invariant broken, see its output");
  }
}

export const TEXT = "Forty tons — and the lorry did not stop.";
export const OPENAI_USAGE = { input: "176", cache_read: "1024", output: "33", reasoning: "64" };
export const ANTHROPIC_USAGE = { input: "176", cache_read: "1024", cache_write_5m: "100", cache_write_1h: "200", output: "97" };
/** What a record says of a call that the provider refused. */
export const refused = (event) => [event.status, event.usage, event.http_status];
