"""
Models of PyTorch and what they predict: NAME.pt beside NAME.json with inputs and outputs, as PyTorch has them. The tests read them where no Python is.

    python make.py FOLDER      (torch 2.13, numpy, pytorch-lightning)
"""
import json
import os
import sys

import numpy
import torch
from torch import nn

folder = sys.argv[1]
torch.use_deterministic_algorithms(True)


def path(name):
    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
    return os.path.join(folder, name)


def arrays(tensor):
    return {'shape': list(tensor.shape), 'data': tensor.flatten().tolist()}


def write(name, model, inputs, save=None):
    """Statistics of batch norms are those of a few batches, not 0 and 1."""
    if any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()):
        model.train()
        for _ in range(3):
            model(torch.randn_like(inputs) * 2 + 1)
    model.eval()
    with torch.no_grad():
        outputs = model(inputs)
    torch.save(model.state_dict() if save is None else save(model), path(f'{name}.pt'))
    with open(path(f'{name}.json'), 'w') as file:
        json.dump({'inputs': arrays(inputs), 'outputs': arrays(outputs)}, file)
        file.write('\n')


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 5)
        self.fc2 = nn.Linear(5, 5)
        self.out = nn.Linear(5, 2)

    def forward(self, x):
        return self.out(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class Residual(nn.Module):
    """Modules are not registered in the order in which they are called."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(4)
        self.bn1 = nn.BatchNorm2d(4)
        self.downsample = nn.Sequential(nn.Conv2d(2, 4, 1, bias=False), nn.BatchNorm2d(4))
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.relu(y + self.downsample(x)).mean((2, 3)))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.fc = nn.Linear(12, 2)

    def forward(self, x):
        return self.fc(self.embedding(x).flatten(1))


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def averaging(model, snapshots, deviations):
    """Moments as wjmaddox/swa_gaussian registers them: buffers of each module in place of its parameters, the model itself under `base`."""
    swag = nn.Module()
    swag.register_buffer('n_models', torch.zeros([1], dtype=torch.long))
    swag.base = model
    parameters = []
    for module in model.modules():
        for name in list(module._parameters):
            if module._parameters[name] is None:
                continue
            data = module._parameters.pop(name).data
            module.register_buffer(f'{name}_mean', torch.zeros_like(data))
            module.register_buffer(f'{name}_sq_mean', torch.zeros_like(data))
            if deviations:
                module.register_buffer(f'{name}_cov_mat_sqrt', data.new_zeros((0, data.numel())))
            parameters.append((module, name))
    for n, weights in enumerate(snapshots):
        for (module, name), data in zip(parameters, weights):
            mean = getattr(module, f'{name}_mean') * (n / (n + 1)) + data / (n + 1)
            square = getattr(module, f'{name}_sq_mean') * (n / (n + 1)) + data**2 / (n + 1)
            setattr(module, f'{name}_mean', mean)
            setattr(module, f'{name}_sq_mean', square)
            if deviations:
                rows = torch.cat((getattr(module, f'{name}_cov_mat_sqrt'), (data - mean).view(1, -1)))
                setattr(module, f'{name}_cov_mat_sqrt', rows[-deviations:])
        swag.n_models += 1
    return swag


def training(model):
    """A checkpoint in the middle of training: DataParallel's names, the optimizer, and the best accuracy as a tensor."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    weights = {f'module.{name}': tensor for name, tensor in model.state_dict().items()}
    return {'epoch': 3, 'best_acc1': torch.tensor(76.1), 'state_dict': weights, 'optimizer': optimizer.state_dict()}


def lightning(model):
    import pytorch_lightning

    class Module(pytorch_lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = model
            self.save_hyperparameters({'rate': 0.1})

        def training_step(self, batch, _):
            return self.model(batch[0]).square().mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.0)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(4, 3)), batch_size=4)
    trainer = pytorch_lightning.Trainer(
        max_epochs=1, accelerator='cpu', logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir='/tmp',
    )
    trainer.fit(Module(), data)
    trainer.save_checkpoint('/tmp/lightning.ckpt')
    return torch.load('/tmp/lightning.ckpt', weights_only=False)


def run():
    """A small regression and the epochs' files that the README reads: cycles of a large learning rate, one file each."""
    torch.manual_seed(11)
    x = torch.cat([torch.rand(15) * 1.5 - 3, torch.rand(15) * 1.5 + 1.5]).sort().values[:, None]
    y = torch.sin(1.5 * x) + 0.1 * torch.randn_like(x)
    numpy.save(path('run/points.npy'), torch.cat([x, y], 1).numpy())
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    epoch = 0
    for until in range(2000, 4400, 200):
        while epoch < until:
            order = torch.randperm(30)
            for rows in order.split(10):
                optimizer.zero_grad()
                (model(x[rows]) - y[rows]).square().mean().backward()
                optimizer.step()
            epoch += 1
        torch.save(model.state_dict(), path(f'run/epoch-{epoch}.pt'))


torch.manual_seed(1)
rows = torch.randn(4, 3)
write('sequential', nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 2)), rows)
write('perceptron', Perceptron(), rows)
write('training', Perceptron(), rows, training)
write('compiled', Perceptron(), rows, lambda model: {f'_orig_mod.{name}': t for name, t in model.state_dict().items()})
write('averaged', Perceptron(), rows, lambda model: torch.optim.swa_utils.AveragedModel(model).state_dict())
write('whole', Perceptron(), rows, lambda model: model)
write('half', Perceptron(), rows, lambda model: {name: t.to(torch.bfloat16) for name, t in model.state_dict().items()})
write('lightning', Perceptron(), rows, lightning)
images = torch.randn(3, 2, 6, 8)
convolutions = [nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 5, 2), nn.BatchNorm2d(5)]
write('convolutions', nn.Sequential(*convolutions, nn.ReLU(), nn.Flatten(), nn.Linear(10, 4), nn.ReLU(), nn.Linear(4, 4)), images)
write('flattened-images', nn.Sequential(nn.Flatten(), nn.Linear(96, 3)), images)
write('residual', Residual(), images)
write('depthwise', nn.Sequential(nn.Conv2d(2, 4, 3, groups=2), nn.ReLU(), nn.Conv2d(4, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)), images)
write('transposed', nn.Sequential(nn.ConvTranspose2d(2, 3, 2, stride=2), nn.ReLU(), nn.Conv2d(3, 1, 2)), images)
write('signals', nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 2)), torch.randn(3, 2, 8))
write('words', Words(), torch.tensor([[0, 3, 6], [1, 1, 5]]))
write('recurrent', Sequence(), torch.randn(2, 5, 3))

torch.manual_seed(2)
model = Perceptron()
snapshots = [[p.data + 0.1 * torch.randn_like(p) for p in model.parameters()] for _ in range(6)]
with open(path('snapshots.json'), 'w') as file:
    json.dump([torch.cat([p.flatten() for p in weights]).tolist() for weights in snapshots], file)
    file.write('\n')
torch.save({'epoch': 6, 'state_dict': model.state_dict(), 'optimizer': {}}, path('checkpoint-6.pt'))
torch.save({'epoch': 6, 'state_dict': averaging(Perceptron(), snapshots, 4).state_dict()}, path('swag-6.pt'))
torch.save({'epoch': 6, 'state_dict': averaging(Perceptron(), snapshots, 0).state_dict()}, path('swag-diagonal-6.pt'))
run()
