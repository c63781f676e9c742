#include <algorithm>
#include <array>
#include <string_view>

#include "core/data/input_shape.h"
#include "core/eval/postprocess.h"
#include "core/trainer/precision.h"
#include "core/trainer/run_config.h"

namespace anchorscope {
namespace {

// Bounds that the arithmetic bears with room to spare.
constexpr double kMostSteps = 1e12, kMostSeed = 9e18, kMostImages = 1e9, kMostFiles = 1e6;
/// Rows of padding per image: as many as the largest image of any public set has objects, ten times.
constexpr double kMostObjects = 10'000;

ParamSpec nextRun(ParamSpec spec) {
  spec.effect = ParamEffect::kNextRun;
  return spec;
}

/// What is seen, measured or kept of training.
constexpr std::array<std::string_view, 17> kBesideTraining{
    "loader_threads",    "eval_ema",     "statistics_every",
    "max_skipped_steps", "eval_every",   "eval_max_images",
    "checkpoint_every",  "keep_best",    "checkpoint_before_change",
    "keep_checkpoints",  "record_every", "record_budget",
    "evidence_pairs",    "variants",     "watch",
    "capture_budget",    "probe_count"};

}  // namespace

bool changesTraining(const std::string& key) {
  if (key == "run.validation") return false;
  constexpr std::string_view kPrefix = "train.";
  if (!key.starts_with(kPrefix)) return true;
  const std::string_view name = std::string_view(key).substr(kPrefix.size());
  if (std::find(kBesideTraining.begin(), kBesideTraining.end(), name) != kBesideTraining.end()) return false;
  const std::vector<ParamSpec> detections = postprocessParams();
  return std::none_of(detections.begin(), detections.end(),
                      [&](const ParamSpec& spec) { return spec.name == name; });
}

std::vector<ParamSpec> trainParams() {
  const std::string ours = "ours";
  const std::string detection = "common practice of dense detectors (RetinaNet, Lin et al., ICCV 2017)";
  std::vector<ParamSpec> params{
      stepsParam("steps", 1000, 0, kMostSteps, "Optimizer steps to do, or epochs (12e); 0: until stopped.",
                 ours),
      nextRun(choiceParam(
          "input", "square", {"square", "rectangle"},
          "square: images are fitted into a square of side `size`. rectangle: an image is scaled until "
          "its shorter side is `size`, or its longer one `max_size`; images of like aspect share "
          "batches, whose input is padded to a multiple of `size_divisor`.",
          "rectangle: torchvision 0.26, mmdet 3.3")),
      nextRun(intParam("size", 160, kSmallestInput, kLargestInput, "px",
                       "Side of the square input, or length of the shorter side of a rectangle.", ours)),
      nextRun(
          onlyWhen(intParam("max_size", 0, 0, 4 * kLargestInput, "px",
                            "Bound of a rectangle's longer side; 0: 5/3 of `size`, 1333 for 800.", detection),
                   "input", {"rectangle"})),
      nextRun(
          onlyWhen(intParam("size_divisor", 32, 1, 256, "px",
                            "Both sides of a rectangle are multiples of it.", "torchvision 0.26, mmdet 3.3"),
                   "input", {"rectangle"})),
      nextRun(textParam(
          "sizes", "",
          "Training at several scales: each batch draws its `size` from here, such as 640,672,704 or "
          "640..800/32; probes and evaluation keep `size`. Empty: `size` alone.",
          detection)),
      nextRun(intParam("batch", 4, 1, 4096, "images", "Images per step.", ours)),
      nextRun(intParam(
          "accumulate", 1, 1, 65536, "batches",
          "Batches per optimizer step: their losses' mean is what a step minimises, as from one batch "
          "of so many times the images, but what is divided by a number of the whole batch (its "
          "positives) is divided in each.",
          ours)),
      nextRun(intParam("seed", 0, 0, kMostSeed, "", "Seed of weights, shuffling, augmentation and splits.",
                       ours)),
      nextRun(textParam("device", "auto", "auto (a GPU if there is one), cpu, cuda or cuda:I.", ours)),
      nextRun(intParam(
          "threads", 0, 0, 256, "threads",
          "CPU threads of training; 0: all cores but one, which is left to the window. Results depend on it.",
          ours)),
      nextRun(intParam(
          "loader_threads", -1, -1, 64, "threads",
          "Threads that prepare batches ahead, of training and of evaluation; 0: in the step, -1: by the "
          "machine. Results do not depend on it.",
          ours)),

      nextRun(choiceParam("optimizer", "adamw", {"adamw", "sgd"}, "How gradients become steps.",
                          "AdamW: Loshchilov and Hutter, ICLR 2019")),
      floatParam("lr", 1e-3, 0, 1e30, "1", "Peak learning rate.", ours),
      floatParam("momentum", 0.9, 0, 1, "1", "Momentum of SGD; beta1 of AdamW.", detection),
      floatParam("beta2", 0.999, 0, 1, "1", "Decay of AdamW's second moment.", "Kingma and Ba, ICLR 2015"),
      floatParam("weight_decay", 1e-4, 0, 1e6, "1",
                 "Weight decay: decoupled in AdamW, added to the gradient in SGD.", detection),
      boolParam("decay_norms", false,
                "Weight decay also on biases and normalisation layers (all 1-d parameters).", ours),
      onlyWhen(
          floatParam("bias_decay", 1, 0, 1e6, "1",
                     "Factor of the weight decay of biases, those of normalisation layers not among them.",
                     "0 in Detectron (WEIGHT_DECAY_BIAS) and mmdetection's FCOS (bias_decay_mult)"),
          "decay_norms", {"true"}),
      floatParam("backbone_lr", 1, 0, 1e6, "1", "Factor of the learning rate in the backbone.",
                 "0.1 in DETR (Carion et al., ECCV 2020) and mmdetection's paramwise_cfg"),
      floatParam("bias_lr", 1, 0, 1e6, "1",
                 "Factor of the learning rate of biases, those of normalisation layers not among them.",
                 "2 in Detectron (BIAS_LR_FACTOR, there with the norms') and mmdetection's FCOS "
                 "(bias_lr_mult)"),
      stepsParam("warmup_steps", 100, 0, kMostSteps,
                 "Steps in which the learning rate rises linearly to its peak.", detection),
      floatParam("warmup_factor", 0.01, 0, 1, "1",
                 "Share of the peak learning rate at the first step of the warm-up.", ours),
      choiceParam("schedule", "cosine", {"constant", "step", "cosine"},
                  "Course of the learning rate after the warm-up.",
                  "cosine: Loshchilov and Hutter, ICLR 2017"),
      textParam("lr_steps", "0.67,0.89",
                "Schedule step: where the rate falls, as shares of `steps` (below 1), step numbers or epochs "
                "(8e), separated by commas.",
                detection),
      floatParam("lr_gamma", 0.1, 0, 1, "1", "Schedule step: factor of each fall.", detection),
      floatParam("lr_final", 0.01, 0, 1, "1",
                 "Schedule cosine: share of the peak learning rate at the last step.", ours),
      floatParam("clip_grad", 10, 0, 1e9, "1", "Largest L2 norm of the whole gradient; 0: not clipped.",
                 ours),

      nextRun(
          floatParam("ema_decay", 0, 0, 1, "1",
                     "Decay of an exponential moving average of the weights and running statistics, which is "
                     "then evaluated; evidence shows the trained weights. 0: none.",
                     "0.9998 in YOLOX (Ge et al., 2021), 0.9999 in YOLOv5")),
      nextRun(choiceParam(
          "ema_warmup", "tensorflow", {"tensorflow", "yolov5", "none"},
          "How the average forgets sooner in the first n steps: a decay of at most (1 + n) / (10 + "
          "n), of decay (1 - exp(-n / 2000)), or the same always.",
          "TensorFlow's ExponentialMovingAverage; YOLOv5")),
      boolParam(
          "eval_ema", true,
          "Evaluate the averaged weights where ema_decay keeps them, and choose the best checkpoint by them; "
          "off: the trained ones.",
          "as in YOLOv5 and YOLOX"),

      nextRun(precisionParam()),
      nextRun(
          boolParam("channels_last", true, "Keep activations and 4-d weights in channels-last order.", ours)),
      nextRun(boolParam(
          "deterministic", false,
          "Use only deterministic algorithms. With the same thread count a resumed CPU run is bit-identical.",
          ours)),
      nextRun(intParam(
          "max_objects", 0, 0, kMostObjects, "objects",
          "Objects are padded to at least this many per image; 0: as many as the batch needs, on a GPU "
          "rounded up. No object is left out.",
          ours)),

      intParam(
          "statistics_every", 10, 1, 1 << 30, "steps",
          "Distance of the steps whose curves hold what costs more than the step computes anyway, such as "
          "the statistics of MuSu's bags; the first step is one, and so is every step whose evidence "
          "somebody looks at. Results do not depend on it.",
          ours),
      intParam("max_skipped_steps", 10, 0, 1 << 30, "steps",
               "So many steps in a row whose loss or gradient is not finite are skipped, counted and noted "
               "before training "
               "ends; 0: it ends at the first. In the window it pauses at each.",
               ours),
      stepsParam("eval_every", 0, 0, kMostSteps,
                 "Distance of evaluations on the validation set; 0: only at the end.", ours),
      intParam("eval_max_images", 0, 0, kMostImages, "images",
               "Evaluate on the first so many validation images; 0: on all.", ours),
      stepsParam("checkpoint_every", 500, 0, kMostSteps,
                 "Distance of checkpoints in the run folder; 0: only at the end.", ours),
      boolParam(
          "checkpoint_before_change", true,
          "Write a checkpoint before an option that has a part in training is changed, so that one can go "
          "back to there; as many of them are kept as `keep_checkpoints` says, beside the others.",
          ours),
      boolParam("keep_best", true,
                "Keep the state of the evaluation of the highest AP as checkpoints/best.ckpt.", ours),
      intParam("keep_checkpoints", 3, 0, kMostFiles, "files",
               "Checkpoints to keep besides the newest; 0: all of them.", ours),
      stepsParam("record_every", 50, 0, kMostSteps,
                 "Distance of recorded evidence of the probes; 0: scalars only.", ours),
      floatParam("record_budget", 4, 0, 1e6, "GB",
                 "What recorded evidence may take on disk. Where the planned steps would take more, its "
                 "distances grow with "
                 "the step; 0: no limit.",
                 ours),
      intParam("evidence_pairs", 200, 0, 1 << 30, "pairs",
               "Pairs of an object that are kept as evidence besides those in its bag: the nearest misses, "
               "by the column "
               "the method sorts its table by; 0: all.",
               ours),
      textParam("variants", "",
                "What other methods, or other values of the method's options, say of the same outputs: shown "
                "and recorded beside the run's own evidence, without any part in training. Separated by ';', "
                "each a method's name (absent: the run's own) and options as name=value: \"atss; t=0.2; fcos "
                "box_loss=giou\".",
                ours),
      textParam(
          "planned_changes", "",
          "Options that change by themselves while training, each as if it was changed by hand then. "
          "Separated "
          "by ';', each a number of steps, epochs or a share of the run, and options as name=value: \"4e "
          "assigner=task_aligned cls_loss=soft_focal; 0.9 train.weight_decay=0\".",
          ours),
      textParam(
          "watch", "",
          "Watchpoints: what training pauses at (in the window) or notes, with the image and objects it "
          "was about. Separated by ';', each a kind and its options: \"loss_spike factor=4; "
          "unserved_object of=batch; expression train.grad_norm > 5 * loss.total\"; behind the word "
          "off one is kept without watching. Results do not depend on them.",
          ours),
      floatParam(
          "capture_budget", 0.03, 0.001, 1, "1",
          "Largest share of the training time that live evidence may take; captures are spaced to keep it.",
          ours),
      nextRun(
          intParam("probe_count", 4, 0, 64, "images", "Probe images to choose when none are named.", ours)),
  };
  for (ParamSpec& spec : postprocessParams())
    params.push_back(std::move(spec));
  return params;
}

}  // namespace anchorscope
