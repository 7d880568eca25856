"""The Python side: reads what the program has written, times each task on one thread, and
prints a JSON line for it."""

import csv
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from scipy import optimize, special
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score


def timed(name, task, repeat=1):
    best = None
    for _ in range(repeat):
        start = time.process_time()
        result = task()
        took = time.process_time() - start
        best = took if best is None else min(best, took)
    print(json.dumps({"name": name, "seconds": best, "result": result}), flush=True)


def orders(folder):
    frame = pd.read_csv(os.path.join(folder, "orders.csv"), dtype={"customer": str})
    frame["at"] = pd.to_datetime(frame["at"], unit="s")
    end = frame["at"].max().normalize() + pd.Timedelta(days=1)

    def rfm():
        by = frame.assign(day=frame["at"].dt.normalize()).groupby("customer", sort=True).agg(
            last=("day", "max"), days=("day", "nunique"), total=("cents", "sum"))
        recency = (end - by["last"]).dt.days
        score = lambda v: 1 + np.searchsorted(np.quantile(v, [0.2, 0.4, 0.6, 0.8]), v, side="left")
        r, f, m = 6 - score(recency.to_numpy()), score(by["days"].to_numpy()), score(by["total"].to_numpy())
        return [len(by), int(r.sum()), int(f.sum()), int(m.sum())]

    def cohorts():
        month = frame["at"].dt.year * 12 + frame["at"].dt.month
        work = frame.assign(month=month)
        work["first"] = work.groupby("customer")["month"].transform("min")
        work["k"] = work["month"] - work["first"]
        active = work.groupby(["first", "k"])["customer"].nunique().unstack(fill_value=0)
        value = work.groupby(["first", "k"])["cents"].sum().unstack(fill_value=0)
        return [int(active.to_numpy().sum()), int(value.to_numpy().sum()), int((active.to_numpy() * np.arange(active.shape[1])).sum())]

    timed("rfm", rfm, 3)
    timed("cohorts", cohorts, 3)


def bg_expect(p, x, tx, age, t):
    r, alpha, a, b = p
    z = t / (alpha + age + t)
    first = 1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * special.hyp2f1(r + x, b + x, a + b + x - 1, z)
    alive = 1 / (1 + (x > 0) * a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + tx)) ** (r + x))
    return (a + b + x - 1) / (a - 1) * first * alive, alive


def scores(folder):
    h = np.loadtxt(os.path.join(folder, "histories.csv"), delimiter=",", skiprows=1)
    x, tx, age = h[:, 0].copy(), h[:, 1].copy(), h[:, 2].copy()
    p = (0.243, 4.414, 0.793, 2.426)

    def score():
        expect, alive = bg_expect(p, x, tx, age, 39.0)
        return [float(expect.sum()), float(alive.sum())]

    timed("scores", score, 3)


def fits(folder):
    h = np.loadtxt(os.path.join(folder, "cdnow.csv"), delimiter=",", skiprows=1)
    x, tx, age = h[:, 0], h[:, 1], h[:, 2]

    def bg(theta):
        r, alpha, a, b = np.exp(theta)
        common = (special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
                  + special.betaln(a, b + x) - special.betaln(a, b))
        alive = -(r + x) * np.log(alpha + age)
        dead = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx), -np.inf)
        return -float(np.sum(common + np.logaddexp(alive, dead)))

    def pareto(theta):
        r, alpha, s, beta = np.exp(theta)
        top, low = (alpha, beta) if alpha >= beta else (beta, alpha)
        second = s + 1 if alpha >= beta else r + x
        power = r + s + x
        def a0(age):
            return special.hyp2f1(power, second, power + 1, (top - low) / (top + age)) / (top + age) ** power
        common = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        alive = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
        dead = np.log(s / power) + np.log(np.maximum(a0(tx) - a0(age), 1e-300))
        return -float(np.sum(common + np.logaddexp(alive, dead)))

    for name, f in (("fit BG/NBD", bg), ("fit Pareto/NBD", pareto)):
        timed(name, lambda: [-float(optimize.minimize(f, np.zeros(4), method="L-BFGS-B", options={"ftol": 1e-12}).fun)])


def boosting(folder, name):
    part = {}
    for side in ("train", "test"):
        with open(os.path.join(folder, name + "-" + side + ".csv")) as file:
            rows = np.array([[float(v) for v in row] for row in csv.reader(file)])
        part[side] = rows[:, :-1], rows[:, -1]

    def fit():
        model = HistGradientBoostingClassifier(random_state=0).fit(*part["train"])
        return [float(roc_auc_score(part["test"][1], model.predict_proba(part["test"][0])[:, 1]))]

    timed("AUC " + name, fit)


if __name__ == "__main__":
    folder = sys.argv[1]
    print(json.dumps({"name": "versions", "seconds": 0, "result": [], "text": "pandas %s, numpy %s, scipy %s, scikit-learn %s" % (
        pd.__version__, np.__version__, __import__("scipy").__version__, __import__("sklearn").__version__)}))
    orders(folder)
    scores(folder)
    fits(folder)
    for name in sys.argv[2:]:
        boosting(folder, name)
