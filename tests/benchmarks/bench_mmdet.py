#!/usr/bin/env python3
"""Assigners and losses of whole bags against the same methods in mmdetection 3.3.0, on the CPU, taking turns.

Each side is a process of its own that is asked call by call: bench_assigner with --answer, which makes the inputs and
writes them to files, and this script with --answer, which reads them. Before anything is timed the winners (or the
losses) of both sides are compared. Memory is the most bytes of tensors (ours: and of containers) that one call holds on
top of its inputs.

mmdetection comes from its wheel, with mmcv-lite, which has no compiled operators; none of what is measured calls one.
'./dev bench' puts it into the cache. Names of methods (task_aligned, paa) run these alone.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

VERSION = "3.3.0"
STRIDES = [8, 16, 32, 64, 128]
CLASSES = 80
OBJECTS = 40
MOST_ROUNDS, LEAST_ROUNDS, SECONDS = 9, 3, 2.0

# name, what ours is called, its scene, title, whether it is an assigner: winners are compared, else losses
METHODS = [
    ("max_iou", "assigner max_iou convention=mmdet", "anchors", "maximum IoU", True),
    ("atss", "assigner atss", "one_anchor", "ATSS", True),
    ("paa", "assigner paa", "one_anchor", "PAA", True),
    ("fcos", "assigner fcos fcos_convention=mmdet center_sampling=true", "points", "FCOS", True),
    ("sim_ota", "assigner simota", "points", "SimOTA", True),
    ("task_aligned", "assigner task_aligned", "one_anchor", "TOOD", True),
    ("soft_label", "assigner dynamic_soft_label", "points", "RTMDet", True),
    ("free_anchor", "method free_anchor", "anchors", "FreeAnchor, loss and gradients", False),
    ("auto_assign", "method auto_assign", "objectness", "AutoAssign, loss and gradients", False),
    ("ghm", "cls_loss ghm_c ghm_c_momentum=0", "anchors", "GHM-C, loss and gradients", False),
]
# size, images, threads (None: all that are used)
CASES = [("small", 1, 1), ("small", 1, None), ("small", 2, None), ("large", 1, 1), ("large", 1, None)]


def packages_folder():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return cache / "anchorscope" / f"mmdet-{VERSION}"


# ------------------------------------------------------------------------------------------------- mmdetection's side

def import_mmdet():
    """Compiled operators are stood in for by classes that cannot be used."""
    import types

    class Missing(types.ModuleType):
        __path__ = []

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {})

    for name in ["", ".carafe", ".corner_pool", ".deform_conv", ".merge_cells", ".modulated_deform_conv",
                 ".multi_scale_deform_attn", ".nms", ".point_sample", ".roi_align"]:
        sys.modules["mmcv.ops" + name] = Missing("mmcv.ops" + name)
    sys.path.insert(0, str(packages_folder()))
    import warnings
    warnings.simplefilter("ignore")
    import mmdet.models  # noqa: F401


class Mmdet:
    """Each method as a function of no arguments: what it gives is compared, and is [images, candidates] of objects or a
    loss."""

    def __init__(self, folder, listing):
        import numpy
        import torch
        from mmengine.structures import InstanceData
        self.torch = torch
        for entry in listing.split(";")[:-1]:
            name, dtype, *shape = entry.split()
            values = numpy.fromfile(folder / name, dtype=dtype).reshape([int(size) for size in shape])
            setattr(self, name, torch.from_numpy(values))
        self.images = len(self.gt_boxes)
        self.count = len(self.anchors)
        self.grid = self.levels.reshape(-1, 2).tolist()
        self.per_cell = self.count // sum(rows * columns for rows, columns in self.grid)
        self.per_level = [rows * columns * self.per_cell for rows, columns in self.grid]
        self.gt = [InstanceData(bboxes=boxes, labels=labels) for boxes, labels in zip(self.gt_boxes, self.gt_labels)]
        self.InstanceData = InstanceData
        side = STRIDES[-1] * (self.grid[-1][1] + 1), STRIDES[-1] * (self.grid[-1][0] + 1)
        self.metas = [{"img_shape": (side[1], side[0]), "pad_shape": (side[1], side[0]), "batch_input_shape":
                       (side[1], side[0])}] * self.images

    # -- parts

    def assigner(self, **config):
        from mmdet.registry import TASK_UTILS
        return TASK_UTILS.build(config)

    def head(self, kind, **config):
        from mmdet.registry import MODELS
        head = MODELS.build(dict(type=kind, num_classes=CLASSES, in_channels=32, feat_channels=32, **config))
        return head.eval()

    def winners(self, assign):
        return lambda: self.torch.stack([assign(image).gt_inds - 1 for image in range(self.images)])

    def centre_priors(self):
        torch = self.torch
        centres = (self.anchors[:, :2] + self.anchors[:, 2:]) / 2
        return torch.cat([centres, self.strides[:, None].expand(-1, 2)], 1)

    def maps(self, values):
        """[B,N,K] as a map of each level, [B, per cell * K, rows, columns]."""
        out = []
        for (rows, columns), level in zip(self.grid, values.split(self.per_level, 1)):
            out.append(level.reshape(self.images, rows, columns, -1).permute(0, 3, 1, 2).contiguous())
        return out

    def with_gradients(self, loss):
        """loss(logits, offsets, objectness), of which the gradients are taken."""
        torch = self.torch
        leaves = [values.clone().requires_grad_() for values in (self.logits, self.offsets, self.objectness)]

        def work():
            with torch.enable_grad():
                total = loss(*leaves)
                torch.autograd.grad(total, leaves, allow_unused=True)
            return total.detach()
        return work

    # -- methods

    def max_iou(self):
        assigner = self.assigner(type="MaxIoUAssigner", pos_iou_thr=0.5, neg_iou_thr=0.4, min_pos_iou=0,
                                 ignore_iof_thr=-1)
        priors = self.InstanceData(priors=self.anchors)
        return self.winners(lambda image: assigner.assign(priors, self.gt[image]))

    def atss(self):
        assigner = self.assigner(type="ATSSAssigner", topk=9)
        priors = self.InstanceData(priors=self.anchors)
        return self.winners(lambda image: assigner.assign(priors, self.per_level, self.gt[image]))

    def predictions(self, priors, scores):
        return [self.InstanceData(priors=priors, bboxes=self.boxes[image], scores=scores[image])
                for image in range(self.images)]

    def sim_ota(self):
        assigner = self.assigner(type="SimOTAAssigner", center_radius=2.5)
        logits, priors = self.logits, self.centre_priors()

        def assign(image):
            of = self.InstanceData(priors=priors, bboxes=self.boxes[image], scores=logits[image].sigmoid())
            return assigner.assign(of, self.gt[image])
        return self.winners(assign)

    def soft_label(self):
        assigner = self.assigner(type="DynamicSoftLabelAssigner", topk=13)
        predictions = self.predictions(self.centre_priors(), self.logits)
        return self.winners(lambda image: assigner.assign(predictions[image], self.gt[image]))

    def task_aligned(self):
        assigner = self.assigner(type="TaskAlignedAssigner", topk=13)

        def assign(image):
            of = self.InstanceData(priors=self.anchors, bboxes=self.boxes[image], scores=self.logits[image].sigmoid())
            return assigner.assign(of, self.gt[image], alpha=1, beta=6)
        return self.winners(assign)

    def fcos(self):
        """Its targets are labels and boxes: the winners are the objects with those boxes."""
        torch = self.torch
        head = self.head("FCOSHead", strides=STRIDES, center_sampling=True, center_sample_radius=1.5)
        points = self.centre_priors()[:, :2].contiguous()
        levels = list(points.split(self.per_level))

        def work():
            return head.get_targets(levels, self.gt)

        def shown():
            labels, sides = work()
            out = []
            for image in range(self.images):
                of = lambda values: torch.cat([level.chunk(self.images)[image] for level in values])
                boxes = torch.cat([points - of(sides)[:, :2], points + of(sides)[:, 2:]], 1)
                winner = torch.cdist(boxes, self.gt_boxes[image]).argmin(1)
                out.append(torch.where(of(labels) < CLASSES, winner, -1))
            return torch.stack(out)
        work.shown = shown
        return work

    def paa(self):
        torch = self.torch
        head = self.head(
            "PAAHead", topk=9, anchor_generator=dict(type="AnchorGenerator", ratios=[1.0], octave_base_scale=8,
                                                     scales_per_octave=1, strides=STRIDES),
            bbox_coder=dict(type="DeltaXYWHBBoxCoder", target_stds=[1.0] * 4),
            loss_cls=dict(type="FocalLoss", use_sigmoid=True), loss_bbox=dict(type="GIoULoss", loss_weight=1.3),
            train_cfg=dict(assigner=dict(type="MaxIoUAssigner", pos_iou_thr=0.1, neg_iou_thr=0.1, min_pos_iou=0,
                                         ignore_iof_thr=-1), allowed_border=-1, pos_weight=-1))
        anchors = [list(self.anchors.split(self.per_level)) for _ in range(self.images)]
        flags = [[torch.ones(count, dtype=torch.bool) for count in self.per_level] for _ in range(self.images)]

        def targets():
            return head.get_targets(anchors, flags, self.gt, self.metas)

        def reassigned(given):
            labels, label_weights, box_targets, box_weights, positives, objects = given
            out = []
            for image in range(self.images):
                losses, = head.get_pos_loss(anchors[image], self.logits[image], self.offsets[image], labels[image],
                                            label_weights[image], box_targets[image], box_weights[image],
                                            positives[image])
                # In float32 scikit-learn's variance of a component with one candidate may come out below 0, and it stops.
                out.append(head.paa_reassign(losses.double(), labels[image], label_weights[image],
                                             box_weights[image], positives[image], objects[image], anchors[image]))
            return out

        def work():
            return reassigned(targets())

        def shown():
            given = targets()
            out = torch.full((self.images, self.count), -1)
            for image, (labels, *_) in enumerate(reassigned(given)):
                out[image, given[4][image]] = given[5][image]
                out[image, labels == CLASSES] = -1
            return out
        work.shown = shown
        return work

    def free_anchor(self):
        head = self.head(
            "FreeAnchorRetinaHead", stacked_convs=1,
            anchor_generator=dict(type="AnchorGenerator", octave_base_scale=4, scales_per_octave=3,
                                  ratios=[0.5, 1.0, 2.0], strides=STRIDES),
            bbox_coder=dict(type="DeltaXYWHBBoxCoder", target_stds=[0.1, 0.1, 0.2, 0.2]),
            loss_bbox=dict(type="SmoothL1Loss", beta=0.11, loss_weight=0.75))
        stds = self.torch.tensor([0.1, 0.1, 0.2, 0.2])

        def loss(logits, offsets, objectness):
            return sum(head.loss_by_feat(self.maps(logits), self.maps(offsets / stds), self.gt, self.metas).values())
        return self.with_gradients(loss)

    def auto_assign(self):
        head = self.head("AutoAssignHead", strides=STRIDES, loss_bbox=dict(type="GIoULoss", loss_weight=5.0))
        head.prior_generator.offset = 0.5
        strides = self.strides[:, None]

        def loss(logits, offsets, objectness):
            return sum(head.loss_by_feat(self.maps(logits), self.maps(offsets * strides),
                                         self.maps(objectness[:, :, None]), self.gt, self.metas).values())
        return self.with_gradients(loss)

    def ghm(self):
        torch = self.torch
        from mmdet.registry import MODELS
        ghm = MODELS.build(dict(type="GHMC", bins=30, momentum=0))
        object = torch.from_numpy(self.read_winners())
        label = self.gt_labels.gather(1, object.clamp(min=0))
        labels = torch.where(object >= 0, label, CLASSES).flatten()
        weights = (object > -2).float().flatten()
        return self.with_gradients(lambda logits, *_: ghm(logits.flatten(0, 1), labels, weights))


def peak_bytes(torch, work):
    """Most bytes of tensors that the work holds at once."""
    from torch.profiler import ProfilerActivity, profile
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    changes = sorted((event.start_ns(), event.nbytes()) for event in seen.profiler.kineto_results.events()
                     if event.name() == "[memory]")
    now = peak = 0
    for _, change in changes:
        now += change
        peak = max(peak, now)
    return peak


def answer_about_mmdet():
    answers = sys.stdout
    sys.stdout = sys.stderr   # what packages print
    import_mmdet()
    import numpy
    import torch
    torch.set_grad_enabled(False)
    side = work = None
    for line in sys.stdin:
        what, *rest = line.split(maxsplit=2)
        try:
            if what == "threads":
                torch.set_num_threads(int(rest[0]))
                text = "set"
            elif what == "scene":
                folder = pathlib.Path(rest[0])
                side, work = Mmdet(folder, rest[1]), {}
                side.read_winners = lambda: numpy.fromfile(folder / "answer", "int64").reshape(side.images, side.count)
                text = "read"
            else:
                name = rest[0]
                call = work.get(name) or work.setdefault(name, getattr(side, name)())
                if what == "show":
                    result = getattr(call, "shown", call)()
                    (folder / "theirs").write_bytes(result.numpy().tobytes())
                    text = "shown"
                elif what == "memory":
                    text = str(peak_bytes(torch, call))
                else:
                    start = time.perf_counter()
                    call()
                    text = str(time.perf_counter() - start)
        except Exception as error:
            import traceback
            traceback.print_exc()
            text = "error " + repr(error).replace("\n", " ")
        print(text, file=answers, flush=True)


# ------------------------------------------------------------------------------------------------------- both in turn

class Side:
    """A process that answers a line with a line. Both keep freed blocks, so that neither pays for fresh pages, and
    their threads sleep while they wait: whatever else runs needs the cores."""

    def __init__(self, command):
        environment = dict(os.environ, MALLOC_MMAP_THRESHOLD_=str(1 << 30), MALLOC_TRIM_THRESHOLD_=str((1 << 31) - 1),
                           OMP_WAIT_POLICY="passive")
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise RuntimeError(f"{' '.join(map(str, words))}: {answer or 'the process has ended'}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def disagreement(folder, is_assigner):
    """Share of winners that differ, of those that either side has; or the relative difference of losses."""
    import array
    kind = "q" if is_assigner else "f"
    ours, theirs = (array.array(kind, (folder / name).read_bytes()) for name in ("answer", "theirs"))
    if not is_assigner:
        return abs(ours[0] - theirs[0]) / abs(theirs[0])
    either = sum(a >= 0 or b >= 0 for a, b in zip(ours, theirs))
    differing = sum((a >= 0 or b >= 0) and a != b for a, b in zip(ours, theirs))
    return differing / max(either, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="*", help="only methods whose names hold one of these")
    arguments = parser.parse_args()
    if arguments.answer:
        answer_about_mmdet()
        return 0
    if not packages_folder().is_dir():
        sys.exit(f"dev: mmdetection is not in {packages_folder()}; './dev bench' puts it there")

    ours = Side([arguments.build / "bin" / "bench_assigner", "--answer"])
    theirs = Side([sys.executable, __file__, "--answer"])
    rows, ratios = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scene = None
        for method, call, kind, title, is_assigner in METHODS:
            if arguments.name and not any(part in method for part in arguments.name):
                continue
            for size, images, threads in CASES:
                threads = min(threads or arguments.threads, arguments.threads)
                for side in (ours, theirs):
                    side.ask("threads", threads)
                if scene != (kind, size, images):
                    listing = ours.ask("scene", kind, size, images, OBJECTS, folder)
                    theirs.ask("scene", folder, listing)
                    scene = (kind, size, images)
                    count = int(listing.split(";")[0].split()[2])
                candidates = "points" if kind in ("points", "objectness") else "anchors"
                where = f"{count:,} {candidates} x {OBJECTS} objects, {images} image{'s' * (images > 1)}"
                row = {"name": f"{method}/{size}/{images}/{threads}", "threads": threads}
                if method == "ghm":
                    ours.ask("show assigner max_iou")   # whose winners are the labels
                    theirs.ask("show", method)
                for side, what in ((theirs, method), (ours, call)):
                    side.ask("show", what)
                differs = disagreement(folder, is_assigner)
                if not differs <= 0.01:
                    rows.append(row | {"error_occurred": True, "error_message": f"the two sides differ by {differs:.2%}"})
                    continue
                times = {"ours": [], "theirs": []}
                start = time.monotonic()
                while len(times["ours"]) < LEAST_ROUNDS or (
                        len(times["ours"]) < MOST_ROUNDS and time.monotonic() - start < SECONDS):
                    times["ours"].append(float(ours.ask("time", call)))
                    times["theirs"].append(float(theirs.ask("time", method)))
                own, other = statistics.median(times["ours"]), statistics.median(times["theirs"])
                ratios.append(other / own)
                rows.append(row | {
                    "ratio": other / own, "aim": 1, "ours_ms": 1e3 * own, "mmdet_ms": 1e3 * other, "differs": differs,
                    "label": f"{title}, {where}, {threads} thread{'s' * (threads > 1)}: {1e3 * own:.3g} ms against "
                             f"mmdetection's {1e3 * other:.4g} ms"})
                if images == 1 and threads == 1:
                    own, other = int(ours.ask("memory", call)), int(theirs.ask("memory", method))
                    rows.append({
                        "name": f"{method}/{size}/memory", "ratio": other / own, "aim": 1, "ours_MB": own / 1e6,
                        "mmdet_MB": other / 1e6,
                        "label": f"{title}, {where}: most bytes allocated at once, {own / 1e6:.3g} MB against "
                                 f"mmdetection's {other / 1e6:.4g} MB"})
                print(rows[-1]["label"], file=sys.stderr, flush=True)
    for side in (ours, theirs):
        side.close()
    if ratios:
        rows.append({"name": "median", "ratio": statistics.median(ratios), "aim": 3,
                     "label": f"Median of the {len(ratios)} times above: ours against mmdetection's"})
    arguments.out.write_text(json.dumps({"benchmarks": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
