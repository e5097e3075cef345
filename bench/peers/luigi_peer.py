# SPDX-License-Identifier: Apache-2.0
"""Luigi as its documentation has it: tasks with targets, the local scheduler."""
import luigi

import lots


class Arrived(luigi.ExternalTask):
    lot = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(str(lots.source(self.lot)))


class Copy(luigi.Task):
    lot = luigi.Parameter()

    def requires(self):
        return Arrived(self.lot)

    def output(self):
        return luigi.LocalTarget(str(lots.sink(self.lot)))

    def run(self):
        with self.input().open() as source, self.output().open("w") as sink:  # moved in place when it is closed
            sink.write(source.read())


def run(names):
    if not luigi.build([Copy(name) for name in names], local_scheduler=True, log_level="WARNING"):
        raise SystemExit("luigi: a task failed")


if __name__ == "__main__":
    lots.main(run, lambda name: run([name]))
