import type { Dataset } from '../data/dataset.ts';
import type { Network } from '../engine/network.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import { arithmetic } from '../storage/arithmetic.ts';
import { dataIdentity, plainMembers } from '../storage/run-identity.ts';
import { layoutIdentity } from '../weights/layout-identity.ts';

/** What a checkpoint of a run over a network's weights must have been made with, but for the run's own options: network, engine, data and likelihood. */
export async function problemIdentity(network: Network, data: Dataset, likelihood: Likelihood): Promise<object> {
  return {
    engine: network.engine,
    arithmetic: arithmetic(),
    layout: layoutIdentity(network.layout),
    network: await network.identity?.(data),
    data: dataIdentity(data),
    likelihood: plainMembers(likelihood),
  };
}
