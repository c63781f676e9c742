#include "tests/benchmarks/assigner_answers.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "core/base/combination.h"
#include "core/base/named_registry.h"
#include "core/losses/cls_loss.h"
#include "core/methods/method.h"
#include "core/methods/method_info.h"
#include "tests/benchmarks/assigner_scenes.h"
#include "tests/benchmarks/memory_use.h"
#include "tests/benchmarks/timing.h"

namespace anchorscope::testing {
namespace {

template <typename T>
T orThrow(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

class Answers {
 public:
  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "threads") {
      int threads = 1;
      words >> threads;
      at::set_num_threads(threads);
      return "set";
    }
    if (what == "scene") return makeScene(words);
    if (what != "time" && what != "memory" && what != "show")
      throw std::runtime_error("nothing is called '" + what + "'");
    const std::function<at::Tensor()> work = workOf(words);
    if (what == "show") {
      write("answer", work());
      return "shown";
    }
    if (what == "memory") return std::to_string(peakBytesOf([&] { work(); }));
    return concat(seconds([&] { work(); }));
  }

 private:
  std::string makeScene(std::istream& words) {
    std::string kind, size, folder;
    std::int64_t images = 1, objects = 1;
    words >> kind >> size >> images >> objects;
    std::getline(words >> std::ws, folder);
    folder_ = folder;
    scene_.emplace(makeAssignerScene(kind == "anchors"      ? SceneKind::kAnchors
                                     : kind == "one_anchor" ? SceneKind::kOneAnchor
                                                            : SceneKind::kPoints,
                                     size == "large", images, objects));
    AssignerScene& scene = *scene_;
    const at::Tensor objectness = at::randn({images, scene.anchors.count()});
    if (kind == "objectness") scene.outputs.further[kObjectnessOutput] = objectness;
    std::vector<std::int64_t> levels;
    for (const LevelLayout& level : scene.anchors.levels)
      levels.insert(levels.end(), {level.rows, level.columns});
    std::string list;
    for (const auto& [name, tensor] :
         std::initializer_list<std::pair<const char*, at::Tensor>>{{"anchors", scene.anchors.boxes},
                                                                   {"strides", scene.anchors.strides},
                                                                   {"levels", at::tensor(levels)},
                                                                   {"boxes", scene.outputs.boxes},
                                                                   {"offsets", scene.outputs.offsets},
                                                                   {"logits", scene.outputs.logits},
                                                                   {"objectness", objectness},
                                                                   {"gt_boxes", scene.targets.boxes},
                                                                   {"gt_labels", scene.targets.labels}})
      list += described(name, write(name, tensor));
    return list;
  }

  static std::string described(const std::string& name, const at::Tensor& tensor) {
    std::string text = name + (tensor.scalar_type() == at::kFloat ? " float32" : " int64");
    for (const std::int64_t size : tensor.sizes())
      text += concat(" ", size);
    return text + ";";
  }

  at::Tensor write(const std::string& name, const at::Tensor& tensor) const {
    const at::Tensor dense = tensor.detach().contiguous();
    std::ofstream file(folder_ / name, std::ios::binary);
    file.write(static_cast<const char*>(dense.const_data_ptr()),
               static_cast<std::streamsize>(dense.nbytes()));
    if (!file.flush()) throw std::runtime_error("cannot write " + (folder_ / name).string());
    return dense;
  }

  /// The work that the rest of a line names. Its result is what "show" writes.
  std::function<at::Tensor()> workOf(std::istream& words) {
    if (!scene_) throw std::runtime_error("there is no scene yet");
    std::string part, name;
    words >> part >> name;
    if (part == "assigner") {
      const AssignerEntry& entry = *orThrow(findNamed(assignerEntries(), name, "assigner"));
      return [assign = assignmentOf(entry, withOptions(ParamSet(entry.params), words), *scene_)] {
        return assign().clsObject;
      };
    }
    if (part == "method") {
      ParamSet params = withOptions(orThrow(methodParams(name)), words);
      const std::shared_ptr<Method> method = orThrow(makeMethod(name, params));
      return withGradients([this, method](const HeadOutputs& outputs) {
        return method->loss({scene_->anchors, outputs, scene_->targets}, quiet()).total;
      });
    }
    if (part != "cls_loss") throw std::runtime_error("no part is called '" + part + "'");
    const ClsLossEntry& entry = *orThrow(findNamed(clsLossEntries(), name, "loss"));
    const std::shared_ptr<ClsLoss> loss = orThrow(entry.make(withOptions(ParamSet(entry.params), words)));
    const AssignerEntry& rule = *orThrow(findNamed(assignerEntries(), "max_iou", "assigner"));
    const at::Tensor object = assignmentOf(rule, ParamSet(rule.params), *scene_)().clsObject;
    const at::Tensor labels = at::where(object >= 0, gatherObjects(scene_->targets.labels, object), object);
    return withGradients([loss, labels](const HeadOutputs& outputs) {
      return loss->rows(outputs.logits, {labels, {}, {}}, quiet()).sum();
    });
  }

  static ParamSet withOptions(ParamSet params, std::istream& words) {
    for (std::string option; words >> option;) {
      const std::size_t equals = option.find('=');
      if (const Status set = params.set(option.substr(0, equals), option.substr(equals + 1)); !set.ok())
        throw std::runtime_error(set.error().message);
    }
    return params;
  }

  /// A training step that nobody looks at, without extra statistics.
  static StepContext quiet() {
    StepContext step;
    step.statistics = false;
    return step;
  }

  /// The loss and its gradient to what the heads give; the boxes follow the offsets, as they do in a
  /// detector.
  std::function<at::Tensor()> withGradients(std::function<at::Tensor(const HeadOutputs&)> loss) {
    HeadOutputs outputs = scene_->outputs;
    std::vector<at::Tensor> leaves = {outputs.logits.detach().requires_grad_(),
                                      outputs.offsets.detach().requires_grad_()};
    for (auto& [name, output] : outputs.further)
      leaves.push_back(output = output.detach().requires_grad_());
    outputs.logits = leaves[0];
    outputs.offsets = leaves[1];
    return [this, outputs, leaves, loss = std::move(loss)]() mutable {
      outputs.boxes = decoded(*scene_, outputs.offsets);
      const at::Tensor total = loss(outputs);
      torch::autograd::grad({total}, leaves, {}, std::nullopt, false, /*allow_unused=*/true);
      return total;
    };
  }

  std::optional<AssignerScene> scene_;
  std::filesystem::path folder_;
};

}  // namespace

void answerAboutAssigners(std::istream& in, std::ostream& out) {
  Answers answers;
  for (std::string line; std::getline(in, line);) {
    try {
      out << answers.answer(line) << std::endl;
    } catch (const std::exception& error) {
      std::string text = error.what();
      out << "error " << text.substr(0, text.find('\n')) << std::endl;
    }
  }
}

}  // namespace anchorscope::testing
