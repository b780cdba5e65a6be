"""The peers of curvature.ts: for each line that comes in, processor seconds of each task, as JSON. Needs torch, and laplace-torch for the Laplace approximations."""
import json
import sys
import time
import warnings

import torch

warnings.filterwarnings("ignore")
torch.manual_seed(1)
torch.set_num_threads(1)
STEPS, PAIRS, ROWS = 80, 20, 400
TOY = [2, 200, 50, 50, 50, 1]
SMALL = [13, 50, 2]


def network(sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def seconds(task, times=1):
    begun = time.process_time()
    for _ in range(times):
        task()
    return (time.process_time() - begun) / times


net = network(TOY)
x, y = torch.randn(ROWS, 2), torch.randn(ROWS, 1)
flat = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
shapes = [p.shape for p in net.parameters()]


def outputs(w):
    h, at = x, 0
    for k in range(0, len(shapes), 2):
        n = shapes[k].numel()
        weight, bias = w[at:at + n].view(shapes[k]), w[at + n:at + n + shapes[k + 1].numel()]
        at += n + bias.numel()
        h = torch.nn.functional.linear(h, weight, bias)
        if k + 2 < len(shapes):
            h = torch.relu(h)
    return h


def gauss_newton():
    _, pull = torch.func.vjp(outputs, flat)
    return lambda v: pull(torch.func.jvp(outputs, (flat,), (v,))[1])[0]


def hessian():
    w = flat.clone().requires_grad_()
    loss = 0.5 * ((outputs(w) - y) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, w, create_graph=True)
    return lambda v: torch.autograd.grad(gradient, w, v, retain_graph=True)[0]


def gradients():
    w = flat.clone().requires_grad_()

    def twice():
        for _ in range(2):
            torch.autograd.grad(0.5 * ((outputs(w) - y) ** 2).sum(), w)

    return twice


def lanczos(product):
    """As lanczos.ts: full reorthogonalisation, once more where it cancels; the small eigenproblem every five steps."""
    times = product()
    q = torch.randn_like(flat)
    q /= q.norm()
    basis = torch.zeros(STEPS, flat.numel())
    alpha, beta = [], []
    for step in range(STEPS):
        basis[step] = q
        left = times(q)
        a = torch.dot(q, left)
        left = left - a * q
        if step:
            left -= beta[-1] * basis[step - 1]
        before = left.norm()
        done = basis[:step + 1]
        left -= done.T @ (done @ left)
        length = left.norm()
        if length < 0.7 * before:
            left -= done.T @ (done @ left)
            length = left.norm()
        alpha.append(a)
        beta.append(length)
        q = left / length
        if (step + 1) % 5 == 0 and step + 1 > PAIRS:
            off = torch.stack(beta[:-1])
            T = torch.diag(torch.stack(alpha)) + torch.diag(off, 1) + torch.diag(off, -1)
            values, vectors = torch.linalg.eigh(T.double())
    top = vectors[:, -PAIRS:].float()
    return values[-PAIRS:], basis.T @ top


v = torch.randn_like(flat)
products = {"gauss-newton": gauss_newton(), "hessian": hessian()}
twice = gradients()
tasks = {
    "lanczos gauss-newton": (lambda: lanczos(gauss_newton), 1),
    "lanczos hessian": (lambda: lanczos(hessian), 1),
    "product gauss-newton": (lambda: products["gauss-newton"](v), 20),
    "product hessian": (lambda: products["hessian"](v), 20),
    "two gradients": (twice, 20),
}

try:
    from laplace import Laplace
    from laplace.curvature import BackPackGGN, CurvlinopsGGN
    from torch.utils.data import DataLoader, TensorDataset

    def laplace(net, x, y, structure, backend):
        def run():
            la = Laplace(net, "regression", subset_of_weights="all", hessian_structure=structure, backend=backend, prior_precision=1.0)
            la.fit(DataLoader(TensorDataset(x, y), batch_size=x.shape[0]))
            return float(la.log_marginal_likelihood())
        return run

    small = network(SMALL)
    X, Y = torch.randn(455, 13), torch.randn(455, 2)
    for backend in (BackPackGGN, CurvlinopsGGN):
        tasks[f"full {backend.__name__}"] = (laplace(small, X, Y, "full", backend), 1)
        tasks[f"kronecker {backend.__name__}"] = (laplace(net, x, y, "kron", backend), 1)
except ImportError:
    pass
for _ in sys.stdin:
    print(json.dumps({name: seconds(*task) for name, task in tasks.items()}), flush=True)
