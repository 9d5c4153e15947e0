// A proxy that breaks connections: all that are open every few seconds, and some in the middle of what they carry.
import { connect, createServer } from 'node:net';

const CUT_BYTES_MAX = 400_000;
const PAUSE_MS = [1_000, 3_000];

export class BreakingProxy {
  opened = 0;
  broken = 0;
  #open = new Set();
  #server = createServer((client) => this.#carry(client));
  #timer;

  static async start(target) {
    const proxy = new BreakingProxy();
    proxy.target = new URL(target);
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    proxy.#breakLater();
    return proxy;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#server.close();
    for (const connection of this.#open) connection.end();
  }

  #carry(client) {
    const server = connect(this.target.port, this.target.hostname);
    this.opened += 1;
    const end = () => {
      client.destroy();
      server.destroy();
      this.#open.delete(connection);
    };
    const connection = { end };
    this.#open.add(connection);
    for (const socket of [client, server]) socket.on('error', end).on('close', end).setNoDelay();
    // Each eighth connection carries only so much.
    let left = Math.random() < 0.125 ? Math.random() * CUT_BYTES_MAX : Infinity;
    client.on('data', (bytes) => {
      left -= bytes.length;
      if (left > 0) return;
      this.broken += 1;
      end();
    });
    client.pipe(server);
    server.pipe(client);
  }

  #breakLater() {
    const [least, most] = PAUSE_MS;
    this.#timer = setTimeout(() => {
      this.broken += this.#open.size;
      for (const connection of [...this.#open]) connection.end();
      this.#breakLater();
    }, least + Math.random() * (most - least));
  }
}
