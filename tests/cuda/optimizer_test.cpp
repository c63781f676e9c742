// Updates on a device: the CPU's parameters, at rates that lie on the device.

#include "core/trainer/optimizer.h"

#include <ATen/record_function.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trainer/run_config.h"
#include "tests/cuda/device_test.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

class OptimizerOnDevice : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  void SetUp() override {
    testing::requireDevice(std::get<1>(GetParam()));
    for (const auto& [name, value] : {std::pair{"optimizer", std::get<0>(GetParam())},
                                      {"weight_decay", "0.1"},
                                      {"backbone_lr", "0.25"},
                                      {"bias_lr", "2"}})
      ASSERT_TRUE(options_.set(name, value).ok());
  }
  at::Device device() const { return at::Device(std::get<1>(GetParam())); }

  /// A weight and a bias of the backbone, and the same of a head.
  static std::vector<NamedTensor> parametersOn(at::Device device) {
    const auto made = [&](std::vector<std::int64_t> size, unsigned seed) {
      return testing::randomValues(std::move(size), seed, -1, 1).to(device);
    };
    return {{"body.weight", made({8, 4, 3, 3}, 1).contiguous(at::MemoryFormat::ChannelsLast)},
            {"body.bias", made({8}, 2)},
            {"head.weight", made({5, 8}, 3)},
            {"head.bias", made({5}, 4)}};
  }
  static std::vector<ParameterRole> roles() {
    using Kind = ParameterRole::Kind;
    return {{Kind::kWeight, true}, {Kind::kBias, true}, {Kind::kWeight, false}, {Kind::kBias, false}};
  }
  static void setGradients(std::vector<NamedTensor>& parameters, int step) {
    for (NamedTensor& parameter : parameters) {
      const auto seed = static_cast<unsigned>(10 * step + parameter.tensor.dim());
      parameter.tensor.mutable_grad() =
          testing::randomValues(parameter.tensor.sizes().vec(), seed, -1, 1).to(parameter.tensor.device());
    }
  }

  ParamSet options_{trainParams()};
};

TEST_P(OptimizerOnDevice, UpdatesAtEveryGroupsRateAsTheCpuDoes) {
  std::vector<NamedTensor> onCpu = parametersOn(at::kCPU), onDevice = parametersOn(device());
  Optimizer cpu(options_, onCpu, roles()), other(options_, onDevice, roles());
  for (int step = 0; step < 4; ++step) {
    const double rate = 0.1 / (1 + step);
    for (auto [optimizer, parameters] : {std::pair{&cpu, &onCpu}, {&other, &onDevice}}) {
      setGradients(*parameters, step);
      const at::Tensor skip = at::full({}, step == 2 ? 1 : 0, at::kFloat);
      optimizer->step(options_, rate, skip.to(parameters->front().tensor.device()));
    }
    for (std::size_t i = 0; i < onCpu.size(); ++i)
      EXPECT_TRUE(at::allclose(onDevice[i].tensor.cpu(), onCpu[i].tensor, 1e-5, 1e-6))
          << onCpu[i].name << " after step " << step;
  }
}

TEST_P(OptimizerOnDevice, EveryStepGivesTheKernelsTheSameMemoryForTheRates) {
  static std::vector<const void*> seen;
  std::vector<NamedTensor> parameters = parametersOn(device());
  Optimizer optimizer(options_, parameters, roles());
  const at::Tensor skip = at::zeros({}, at::TensorOptions(device()));
  const auto ratesOfStep = [&](int step) {
    setGradients(parameters, step);
    seen = {};
    const auto handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(
            [](const at::RecordFunction& call) -> std::unique_ptr<at::ObserverContext> {
              const std::string name = call.name();
              const std::size_t place = name == "aten::_fused_sgd_" ? 5 : 6;
              if (name != "aten::_fused_sgd_" && name != "aten::_fused_adamw_") return nullptr;
              const c10::IValue& rate = call.inputs()[place];
              const bool there = rate.isTensor() && !rate.toTensor().is_cpu();
              seen.push_back(there ? rate.toTensor().const_data_ptr() : nullptr);
              return nullptr;
            })
            .needsInputs(true)
            .scopes({at::RecordScope::FUNCTION}));
    optimizer.step(options_, 0.1 / (1 + step), skip);
    at::removeCallback(handle);
    return seen;
  };
  const std::vector<const void*> first = ratesOfStep(0), second = ratesOfStep(1);
  EXPECT_THAT(first, ::testing::AllOf(::testing::SizeIs(4), ::testing::Each(::testing::NotNull())));
  EXPECT_EQ(second, first);
}

INSTANTIATE_TEST_SUITE_P(Devices, OptimizerOnDevice,
                         ::testing::Combine(::testing::Values("sgd", "adamw"), testing::oneDevice()),
                         [](const auto& entry) { return std::string(std::get<0>(entry.param)); });

}  // namespace
}  // namespace anchorscope
