"""The models for LitServe, with its defaults.

Usage: python -m bench_models.apps.litserve_app WORKLOAD PORT WORKERS
"""

import sys

import litserve

from bench_models import work


class Tiny(litserve.LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return int(request["number"]), float(request["factor"]), str(request["mode"])

    def predict(self, x):
        return work.tiny(*x)


class Tensor(Tiny):
    def decode_request(self, request):
        return request["values"]

    def predict(self, x):
        return work.tensor(x)


class File(Tiny):
    def decode_request(self, request):
        return request["data"].file

    def predict(self, x):
        return work.digest(x)


class Sleepy(Tiny):
    def decode_request(self, request):
        return request

    def predict(self, x):
        return work.sleepy()


class Network(litserve.LitAPI):
    """Batches are lists, as they come."""

    def setup(self, device):
        from bench_models.mlp import Mlp

        self.network = Mlp()

    def decode_request(self, request):
        return request["values"]

    def batch(self, inputs):
        return inputs

    def predict(self, x):
        return self.network(x)

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return {"scores": output.tolist()}


def network() -> Network:
    from bench_models.mlp import LARGEST_BATCH, LONGEST_WAIT

    return Network(max_batch_size=LARGEST_BATCH, batch_timeout=LONGEST_WAIT)


def main() -> None:
    workload, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    makers = {"tiny": Tiny, "tensor": Tensor, "file": File, "sleepy": Sleepy, "mlp": network}
    api = makers[workload]()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=workers)
    server.run(host="127.0.0.1", port=port, generate_client_file=False)


if __name__ == "__main__":
    main()
