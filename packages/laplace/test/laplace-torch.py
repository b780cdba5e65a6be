"""Writes laplace-torch.json beside this file: what laplace-torch says of small networks, in float64.

    python laplace-torch.py        (torch 2.13.0, laplace-torch 0.3)

Weights, inputs and targets are those of the formula in testing/src/formula.ts, so that none are stored:
tensor k of the network has salt k and standard deviation 0.5, inputs salt 100 and 1, targets salt 200, points to predict salt 300.
"""
import json
import math
from pathlib import Path

import torch
from laplace import Laplace
from laplace.curvature import BackPackGGN, CurvlinopsGGN
from torch.utils.data import DataLoader, TensorDataset

torch.set_default_dtype(torch.float64)
MASK = 0xFFFFFFFF


def formula_hash(i, salt):
    h = (i * 0x9E3779B1 + salt * 0x85EBCA6B) & MASK
    h ^= h >> 16
    h = h * 0x7FEB352D & MASK
    h ^= h >> 15
    h = h * 0x846CA68B & MASK
    return h ^ (h >> 16)


def formula(shape, salt, std):
    size = math.prod(shape)
    values = [(formula_hash(i, salt) / 2**32 - 0.5) * math.sqrt(12) * std for i in range(size)]
    return torch.tensor(values, dtype=torch.float32).to(torch.float64).reshape(shape)


ROWS, NEW = 40, 6
CASES = [
    dict(name="regression", sizes=[3, 6, 5, 2], likelihood="regression", noise=0.3, prior=0.7),
    dict(name="classification", sizes=[4, 7, 7, 3], likelihood="classification", noise=1.0, prior=1.3),
]
STRUCTURES = [("all", "full"), ("all", "diag"), ("all", "kron"), ("last_layer", "full"), ("last_layer", "kron")]


def network(sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.Tanh()]
    net = torch.nn.Sequential(*layers[:-1])
    for k, p in enumerate(net.parameters()):
        p.data = formula(p.shape, k, 0.5)
    return net


def run(case, weights, structure):
    net = network(case["sizes"])
    inputs, outputs = case["sizes"][0], case["sizes"][-1]
    x = formula((ROWS, inputs), 100, 1)
    if case["likelihood"] == "classification":
        y = torch.tensor([formula_hash(i, 200) % outputs for i in range(ROWS)])
    else:
        y = formula((ROWS, outputs), 200, 1)
    # Kronecker factors of backpack are exact for several outputs; the diagonal and the full matrix are curvlinops', the default.
    backend = BackPackGGN if structure != "full" else CurvlinopsGGN
    la = Laplace(
        net, case["likelihood"], subset_of_weights=weights, hessian_structure=structure, backend=backend,
        prior_precision=case["prior"], **({"sigma_noise": case["noise"]} if case["likelihood"] == "regression" else {}),
    )
    la.fit(DataLoader(TensorDataset(x, y), batch_size=ROWS))
    new = formula((NEW, inputs), 300, 1)
    mean, variance = la._glm_predictive_distribution(new)
    precision = la.posterior_precision
    if structure == "kron":
        matrix = precision.to_matrix()
    elif structure == "diag":
        matrix = torch.diag(precision)
    else:
        matrix = precision
    v = formula((matrix.shape[0],), 400, 1)
    result = {
        "weights": weights, "structure": structure,
        "logMarginalLikelihood": float(la.log_marginal_likelihood()),
        "precisionDiagonal": matrix.diagonal().tolist(),
        "precisionTimesVector": (matrix @ v).tolist(),
        "outputVariances": torch.diagonal(variance, dim1=1, dim2=2).flatten().tolist(),
        "outputs": mean.flatten().tolist(),
    }
    if case["likelihood"] == "classification":
        result["probit"] = la(new, link_approx="probit").flatten().tolist()
    if weights == "all" and structure != "diag":
        la.optimize_prior_precision(method="marglik", n_steps=3000, lr=0.03, verbose=False)
        result["evidence"] = {
            "priorPrecision": float(la.prior_precision),
            "logMarginalLikelihood": float(la.log_marginal_likelihood()),
        }
    return result


out = {
    "versions": {"torch": torch.__version__, "laplace-torch": "0.3"},
    "rows": ROWS,
    "new": NEW,
    "cases": [{**case, "results": [run(case, w, s) for w, s in STRUCTURES]} for case in CASES],
}
rounded = json.loads(json.dumps(out), parse_float=lambda s: float(f"{float(s):.9g}"))
Path(__file__).with_suffix(".json").write_text(json.dumps(rounded, indent=1) + "\n")
