/**
 * A loss plane of 41 × 41 points on the paper's regression network against PyTorch eager, one forward pass a point, on Node 20 and 24, with one and two threads each.
 *
 *     npm run loss-plane -- [--rounds=9] [--python=/opt/torchenv/bin/python]
 *
 * Every contender is a process that stays; they take turns, a plane each. Where others use the machine too, the clock says little: so the
 * processor time of one thread is given as well. (PyTorch's second thread waits in a loop, and stands still there: --python-threads=1.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { arraysDataset, gaussianLikelihood, randomSource } from '@subspace/core';
import { lossPlane } from '@subspace/curves';
import { denseNetwork } from '@subspace/dense';
import { median, table } from './harness.ts';

const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Seconds of one plane: by the clock, and of all the process's threads. */
interface Turn {
  readonly seconds: number;
  readonly processor: number;
}

const eager = `
import json, sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
sizes = [2, 200, 50, 50, 50, 1]
layers = []
for i in range(5):
    layers += [torch.nn.Linear(sizes[i], sizes[i + 1])] + ([torch.nn.ReLU()] if i < 4 else [])
net = torch.nn.Sequential(*layers)
x, y = torch.randn(400, 2), torch.randn(400, 1)
parameters = list(net.parameters())
D = sum(p.numel() for p in parameters)
w, u, v = torch.randn(D), torch.randn(D), torch.randn(D)
def plane(n):
    losses = torch.empty(n * n)
    with torch.inference_mode():
        for i in range(n * n):
            torch.nn.utils.vector_to_parameters(w + 0.01 * (i // n) * u + 0.01 * (i % n) * v, parameters)
            losses[i] = 0.5 * torch.nn.functional.mse_loss(net(x), y)
    return losses
for line in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    plane(41)
    print(json.dumps(dict(seconds=time.perf_counter() - clock, processor=time.process_time() - processor)), flush=True)
`;

if (option('threads')) await takeTurns(Number(option('threads')));
else await compare(Number(option('rounds') ?? 9));

/** One contender: a plane for each line that comes in. */
async function takeTurns(threads: number): Promise<void> {
  const random = randomSource('loss plane benchmark');
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  const data = arraysDataset({
    inputs: { data: normals(800), shape: [400, 2] },
    targets: { data: normals(400), shape: [400, 1] },
  });
  const sizes = [2, 200, 50, 50, 50, 1];
  const networks = [1, 2, 3].map((seed) => denseNetwork({ sizes, seed, threads }));
  const [start, middle, end] = await Promise.all(networks.map((network) => network.readWeights()));
  const options = {
    corners: [start, middle, end],
    likelihood: gaussianLikelihood({ variance: 1 }),
    resolution: 41,
  } as const;
  for await (const _ of createInterface({ input: process.stdin })) {
    const [clock, used] = [performance.now(), process.cpuUsage()];
    await lossPlane(networks[0], data, options);
    const { user, system } = process.cpuUsage(used);
    const turn: Turn = { seconds: (performance.now() - clock) / 1e3, processor: (user + system) / 1e6 };
    process.stdout.write(`${JSON.stringify(turn)}\n`);
  }
  for (const network of networks) network.dispose();
}

async function compare(rounds: number): Promise<void> {
  const python = option('python') ?? '/opt/torchenv/bin/python';
  const program = ['--conditions=@subspace/source', '--import', 'tsx', fileURLToPath(import.meta.url)];
  const peer = (option('python-threads') ?? '1,2').split(',').map((threads) => ({
    who: 'PyTorch',
    run: contender(python, ['-c', eager, threads]),
  }));
  const ours = [1, 2].flatMap((threads) => [
    { who: 'Node 20', run: contender(process.execPath, [...program, `--threads=${threads}`]) },
    { who: 'Node 24', run: contender('npx', ['-y', 'node@24', ...program, `--threads=${threads}`]) },
  ]);
  const contenders = [...peer, ...ours].map((one) => ({ ...one, turns: [] as Turn[] }));
  for (let round = -1; round < rounds; round++) {
    for (const { run, turns } of contenders) {
      const turn = await run.turn();
      // The first one warms up.
      if (round >= 0) turns.push(turn);
    }
  }
  for (const { run } of contenders) run.end();
  /** By number of threads. */
  const of = (who: string, measure: (turns: readonly Turn[]) => number) =>
    contenders.filter((one) => one.who === who).map(({ turns }) => measure(turns));
  const clock = (turns: readonly Turn[]) => median(turns.map(({ seconds }) => seconds));
  const processor = (turns: readonly Turn[]) => median(turns.map((turn) => turn.processor));
  const ratio = (
    who: string,
    measure: (turns: readonly Turn[]) => number,
    pick: (values: readonly number[]) => number,
  ) => (pick(of('PyTorch', measure)) / pick(of(who, measure))).toFixed(2);
  const least = (values: readonly number[]) => Math.min(...values);
  const first = (values: readonly number[]) => values[0];
  const list = (seconds: readonly number[]) => seconds.map((value) => (1000 * value).toFixed(0)).join(', ');
  const rows = ['PyTorch', 'Node 20', 'Node 24'].map((who) => [
    who,
    ...[list(of(who, clock)), ratio(who, clock, least)],
    ...[list([first(of(who, processor))]), ratio(who, processor, first)],
  ]);
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores; ${rounds} turns; load average ${loadavg()[0].toFixed(1)} at the end`;
  console.log(`${machine}. Milliseconds with one and two threads; ratios of the better.\n`);
  console.log(table(['', 'by the clock', 'ratio', 'processor time, one thread', 'ratio'], rows));
}

function contender(command: string, parameters: readonly string[]): { turn(): Promise<Turn>; end(): void } {
  const child: ChildProcess = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    async turn() {
      child.stdin!.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ended`);
      return JSON.parse(value) as Turn;
    },
    end: () => child.stdin!.end(),
  };
}
