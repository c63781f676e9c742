// Every method with its default parts on a device: the loss, its gradient and the evidence, against the
// CPU's.

#include <gtest/gtest.h>

#include <map>

#include "core/methods/method.h"
#include "tests/contract/cases.h"
#include "tests/cuda/device_test.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::MethodCase;
using testing::RecordingSink;

class MethodParity : public ::testing::TestWithParam<std::tuple<MethodCase, const char*>> {};

DenseScene movedTo(at::Device device, DenseScene scene) {
  for (at::Tensor* tensor :
       {&scene.anchors.boxes, &scene.anchors.strides, &scene.outputs.logits, &scene.outputs.offsets,
        &scene.outputs.boxes, &scene.outputs.distribution, &scene.targets.boxes, &scene.targets.labels,
        &scene.targets.valid, &scene.targets.ignoreBoxes, &scene.targets.masks})
    if (tensor->defined()) *tensor = tensor->detach().to(device);
  for (auto& [name, tensor] : scene.outputs.further)
    tensor = tensor.detach().to(device);
  return scene;
}

void requireGradients(DenseScene& scene) {
  for (at::Tensor* tensor :
       {&scene.outputs.logits, &scene.outputs.offsets, &scene.outputs.boxes, &scene.outputs.distribution})
    if (tensor->defined()) *tensor = tensor->detach().requires_grad_();
  for (auto& [name, tensor] : scene.outputs.further)
    tensor = tensor.detach().requires_grad_();
}

void expectParity(const MethodCase& tested, const at::Device& device, bool boxPerClass) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    DenseSceneOptions options;
    options.seed = seed;
    options.ignoreRegions = 1;
    options.padTo = 6;
    DenseScene onCpu = tested.kind.scene(options);
    if (boxPerClass) {
      const std::int64_t classes = onCpu.outputs.logits.size(2);
      for (at::Tensor* each : {&onCpu.outputs.offsets, &onCpu.outputs.boxes})
        *each = each->unsqueeze(2) + at::arange(classes).view({1, 1, classes, 1}) * 0.1;
    }
    DenseScene onDevice = movedTo(device, onCpu);
    requireGradients(onCpu);
    requireGradients(onDevice);
    auto method = tested.make(tested.params), other = tested.make(tested.params);
    ASSERT_TRUE(method.ok() && other.ok());
    (*other)->moveTo(device);
    RecordingSink seenOnCpu, seenOnDevice;
    // Twice: what a method keeps from one step to the next is on the device, too.
    for (int step = 0; step < 2; ++step) {
      const LossTerms cpu = (*method)->loss({onCpu.anchors, onCpu.outputs, onCpu.targets}, &seenOnCpu);
      const LossTerms terms =
          (*other)->loss({onDevice.anchors, onDevice.outputs, onDevice.targets}, &seenOnDevice);
      std::map<std::string, double> got;
      for (const NamedScalar& scalar : terms.scalars) {
        EXPECT_EQ(scalar.value.device(), device) << scalar.name;
        got[scalar.name] = scalar.value.item<double>();
      }
      for (const NamedScalar& scalar : cpu.scalars) {
        const double value = scalar.value.item<double>();
        if (std::isnan(value))
          EXPECT_TRUE(std::isnan(got.at(scalar.name))) << scalar.name;
        else
          EXPECT_NEAR(got.at(scalar.name), value, 1e-5 * std::abs(value) + 1e-6) << scalar.name;
      }
      cpu.total.backward();
      terms.total.backward();
    }
    const auto sameGradient = [](const at::Tensor& a, const at::Tensor& b) {
      return a.grad().defined() == b.grad().defined() &&
             (!a.grad().defined() || at::allclose(a.grad().cpu(), b.grad(), 1e-4, 1e-6));
    };
    EXPECT_TRUE(sameGradient(onDevice.outputs.logits, onCpu.outputs.logits));
    EXPECT_TRUE(sameGradient(onDevice.outputs.offsets, onCpu.outputs.offsets));
    EXPECT_TRUE(sameGradient(onDevice.outputs.boxes, onCpu.outputs.boxes));
    for (const auto& [channel, values] : seenOnCpu.channelValues) {
      const at::Tensor found = seenOnDevice.channelValues.at(channel).cpu().to(values.scalar_type());
      EXPECT_TRUE(at::allclose(found, values, 1e-4, 1e-5, /*equal_nan=*/true)) << channel;
    }
    for (const auto& [table, rows] : seenOnCpu.pairRows) {
      const PairRows& found = seenOnDevice.pairRows.at(table);
      EXPECT_TRUE(at::equal(found.anchor.cpu(), rows.anchor) && at::equal(found.object.cpu(), rows.object))
          << table;
    }
  }
}

TEST_P(MethodParity, LossGradientAndEvidence) {
  const auto& [tested, name] = GetParam();
  testing::requireDevice(name);
  if (IsSkipped()) return;
  expectParity(tested, at::Device(name), false);
  HeadTraits perClass = tested.kind.heads;
  perClass.boxPerClass = true;
  if (!tested.conflicts(perClass).empty()) return;
  SCOPED_TRACE("a box per class");
  expectParity(tested, at::Device(name), true);
}

INSTANTIATE_TEST_SUITE_P(Devices, MethodParity,
                         ::testing::Combine(::testing::ValuesIn(testing::defaultMethodCases()),
                                            testing::oneDevice()),
                         [](const auto& entry) { return testing::nameOf(std::get<0>(entry.param)); });

}  // namespace
}  // namespace anchorscope
