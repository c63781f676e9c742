#include "core/trainer/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/trainer/run_config.h"

namespace anchorscope {
namespace {

ParamSet options(const std::string& optimizer) {
  ParamSet params(trainParams());
  EXPECT_TRUE(params.set("optimizer", optimizer).ok());
  EXPECT_TRUE(params.set("weight_decay", "0.1").ok());
  return params;
}

/// A 2-d weight, a channels-last 4-d weight and a 1-d bias, with fixed values.
std::vector<NamedTensor> makeParameters(at::ScalarType type = at::kFloat) {
  const at::Tensor matrix = at::arange(6, type).reshape({2, 3}) / 5 - 0.4;
  const at::Tensor kernel = (at::arange(2 * 3 * 2 * 2, type).reshape({2, 3, 2, 2}) / 10 - 1)
                                .contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor bias = at::arange(3, type) - 1.5;
  return {{"matrix", matrix}, {"kernel", kernel}, {"bias", bias}};
}

at::Tensor gradientOf(const at::Tensor& tensor, int step) {
  return (at::arange(tensor.numel(), tensor.options()).reshape(tensor.sizes()) * 0.3 + step).sin();
}

void setGradients(const std::vector<NamedTensor>& parameters, int step) {
  for (const NamedTensor& parameter : parameters) {
    at::Tensor tensor = parameter.tensor;
    tensor.mutable_grad() =
        gradientOf(tensor, step);  // contiguous: for the kernel of another layout than the parameter
  }
}

at::Tensor noSkip() {
  return at::zeros({}, at::kFloat);
}

TEST(Optimizer, SgdFollowsItsFormula) {
  const ParamSet train = options("sgd");
  const std::vector<NamedTensor> parameters = makeParameters();
  std::vector<NamedTensor> expected = makeParameters(at::kDouble);
  std::vector<at::Tensor> momenta;
  for (const NamedTensor& entry : expected)
    momenta.push_back(at::zeros_like(entry.tensor));
  Optimizer optimizer(train, parameters);
  for (int step = 0; step < 5; ++step) {
    setGradients(parameters, step);
    optimizer.step(train, 0.05, noSkip());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      at::Tensor& value = expected[i].tensor;
      const double decay = value.dim() > 1 ? 0.1 : 0;
      momenta[i] = 0.9 * momenta[i] + gradientOf(value, step) + decay * value;
      value = value - 0.05 * momenta[i];
    }
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(at::allclose(parameters[i].tensor.to(at::kDouble), expected[i].tensor, 1e-5, 1e-6))
        << parameters[i].name;
}

TEST(Optimizer, AdamwFollowsItsFormula) {
  const ParamSet train = options("adamw");
  const std::vector<NamedTensor> parameters = makeParameters();
  std::vector<NamedTensor> expected = makeParameters(at::kDouble);
  std::vector<at::Tensor> first, second;
  for (const NamedTensor& entry : expected) {
    first.push_back(at::zeros_like(entry.tensor));
    second.push_back(at::zeros_like(entry.tensor));
  }
  Optimizer optimizer(train, parameters);
  for (int step = 0; step < 5; ++step) {
    setGradients(parameters, step);
    optimizer.step(train, 0.05, noSkip());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      at::Tensor& value = expected[i].tensor;
      const at::Tensor gradient = gradientOf(value, step);
      value = value * (1 - 0.05 * (value.dim() > 1 ? 0.1 : 0));
      first[i] = 0.9 * first[i] + 0.1 * gradient;
      second[i] = 0.999 * second[i] + 0.001 * gradient * gradient;
      const double c1 = 1 - std::pow(0.9, step + 1), c2 = 1 - std::pow(0.999, step + 1);
      value = value - 0.05 * (first[i] / c1) / ((second[i] / c2).sqrt() + 1e-8);
    }
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(at::allclose(parameters[i].tensor.to(at::kDouble), expected[i].tensor, 1e-5, 1e-6))
        << parameters[i].name;
}

TEST(Optimizer, DecaysBiasesOnlyWhenAsked) {
  for (const bool decayNorms : {false, true}) {
    ParamSet train = options("sgd");
    ASSERT_TRUE(train.set("decay_norms", decayNorms ? "true" : "false").ok());
    const std::vector<NamedTensor> parameters = makeParameters();
    const at::Tensor before = parameters[2].tensor.clone();
    Optimizer optimizer(train, parameters);
    for (const NamedTensor& parameter : parameters) {
      at::Tensor tensor = parameter.tensor;
      tensor.mutable_grad() = at::zeros_like(tensor);
    }
    optimizer.step(train, 0.5, noSkip());
    EXPECT_TRUE(at::allclose(parameters[2].tensor, decayNorms ? before * (1 - 0.5 * 0.1) : before));
    EXPECT_FALSE(at::allclose(parameters[0].tensor, makeParameters()[0].tensor));
  }
}

/// One weight and one bias of a backbone, and the same of a head; each with the value 2 and the gradient 3.
std::vector<NamedTensor> partsOfANetwork() {
  std::vector<NamedTensor> out;
  for (const char* name :
       {"body.weight", "body.bias", "body.norm", "head.weight", "head.bias", "method.scale"}) {
    at::Tensor tensor = std::string(name).ends_with("weight") ? at::full({1, 1}, 2.0, at::kFloat)
                                                              : at::full({1}, 2.0, at::kFloat);
    tensor.mutable_grad() = at::full_like(tensor, 3.0);
    out.push_back({name, tensor});
  }
  return out;
}

std::vector<ParameterRole> rolesOfParts() {
  using Kind = ParameterRole::Kind;
  return {{Kind::kWeight, true},
          {Kind::kBias, true},
          {Kind::kNorm, true},
          {Kind::kWeight, false},
          {Kind::kBias, false}};
}

TEST(Optimizer, BackboneAndBiasesHaveRatesAndDecayOfTheirOwn) {
  ParamSet train = options("sgd");
  for (const auto& [name, value] : {std::pair{"weight_decay", "0.5"},
                                    {"momentum", "0"},
                                    {"decay_norms", "true"},
                                    {"backbone_lr", "0.25"},
                                    {"bias_lr", "2"},
                                    {"bias_decay", "0"}})
    ASSERT_TRUE(train.set(name, value).ok());
  const std::vector<NamedTensor> parameters = partsOfANetwork();
  Optimizer optimizer(train, parameters, rolesOfParts());
  optimizer.step(train, 0.125, noSkip());
  // 2 - rate (3 + decay 2), every number a sum of powers of two.
  const std::vector<std::pair<const char*, double>> expected{
      {"body.weight", 2 - 0.125 * 0.25 * 4}, {"body.bias", 2 - 0.125 * 0.25 * 2 * 3},
      {"body.norm", 2 - 0.125 * 0.25 * 4},   {"head.weight", 2 - 0.125 * 4},
      {"head.bias", 2 - 0.125 * 2 * 3},      {"method.scale", 2 - 0.125 * 4}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(parameters[i].name, expected[i].first);
    EXPECT_EQ(parameters[i].tensor.item<double>(), expected[i].second) << parameters[i].name;
  }
  EXPECT_EQ(optimizer.summary(train),
            "backbone (3 tensors) at 0.25 × the learning rate, biases (2 tensors) at 2 × the learning rate, "
            "biases (2 tensors) at 0 × the weight decay");
  EXPECT_EQ(optimizer.summary(options("sgd")), "");
}

TEST(Optimizer, AdamwTakesTheRatesOfItsGroups) {
  ParamSet train = options("adamw");
  for (const auto& [name, value] : {std::pair{"weight_decay", "0"}, {"backbone_lr", "0.5"}, {"bias_lr", "4"}})
    ASSERT_TRUE(train.set(name, value).ok());
  const std::vector<NamedTensor> parameters = partsOfANetwork();
  Optimizer optimizer(train, parameters, rolesOfParts());
  optimizer.step(train, 0.01, noSkip());
  // Its first step is the rate, whatever the gradient.
  const double rates[] = {0.005, 0.02, 0.005, 0.01, 0.04, 0.01};
  for (std::size_t i = 0; i < parameters.size(); ++i)
    EXPECT_NEAR(parameters[i].tensor.item<double>(), 2 - rates[i], 1e-6) << parameters[i].name;
}

TEST(Optimizer, ASkippedStepChangesNothing) {
  for (const char* name : {"sgd", "adamw"}) {
    const ParamSet train = options(name);
    const std::vector<NamedTensor> parameters = makeParameters(), untouched = makeParameters();
    Optimizer optimizer(train, parameters);
    std::vector<at::Tensor> before;
    for (const NamedTensor& entry : optimizer.state())
      before.push_back(entry.tensor.clone());
    for (const NamedTensor& parameter : parameters) {
      at::Tensor tensor = parameter.tensor;
      tensor.mutable_grad() = at::full_like(tensor, std::nan(""));
    }
    optimizer.step(train, 0.05, at::ones({}, at::kFloat));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      EXPECT_TRUE(at::equal(parameters[i].tensor, untouched[i].tensor)) << name << ' ' << parameters[i].name;
    const auto after = optimizer.state();
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_TRUE(at::equal(after[i].tensor, before[i])) << after[i].name;
  }
}

TEST(Optimizer, LeavesParametersWithoutGradientAlone) {
  const ParamSet train = options("adamw");
  const std::vector<NamedTensor> parameters = makeParameters();
  Optimizer optimizer(train, parameters);
  setGradients(parameters, 0);
  at::Tensor bias = parameters[2].tensor;
  bias.mutable_grad() = at::Tensor();
  optimizer.step(train, 0.05, noSkip());
  EXPECT_TRUE(at::equal(bias, makeParameters()[2].tensor));
}

TEST(Optimizer, ClipsTheWholeGradient) {
  const ParamSet train = options("sgd");
  const std::vector<NamedTensor> parameters = makeParameters();
  Optimizer optimizer(train, parameters);
  const auto norm = [&] {
    double sum = 0;
    for (const NamedTensor& entry : parameters)
      sum += entry.tensor.grad().to(at::kDouble).square().sum().item<double>();
    return std::sqrt(sum);
  };
  setGradients(parameters, 0);
  const double before = norm();
  EXPECT_NEAR(optimizer.clipGradients(0).item<double>(), before, 1e-5 * before);
  EXPECT_NEAR(norm(), before, 1e-5 * before) << "0 only measures";
  optimizer.clipGradients(2 * before);
  EXPECT_NEAR(norm(), before, 1e-5 * before) << "smaller gradients stay";
  EXPECT_NEAR(optimizer.clipGradients(1).item<double>(), before, 1e-5 * before) << "the norm before clipping";
  EXPECT_NEAR(norm(), 1, 1e-5);
}

TEST(Optimizer, GoesOnFromItsSavedState) {
  for (const char* name : {"sgd", "adamw"}) {
    const ParamSet train = options(name);
    const std::vector<NamedTensor> straight = makeParameters(), resumed = makeParameters();
    Optimizer one(train, straight), before(train, resumed);
    for (int step = 0; step < 6; ++step) {
      setGradients(straight, step);
      one.step(train, 0.05, noSkip());
    }
    for (int step = 0; step < 3; ++step) {
      setGradients(resumed, step);
      before.step(train, 0.05, noSkip());
    }
    Optimizer after(train, resumed);
    ASSERT_TRUE(after.loadState(before.state()).ok());
    for (int step = 3; step < 6; ++step) {
      setGradients(resumed, step);
      after.step(train, 0.05, noSkip());
    }
    for (std::size_t i = 0; i < straight.size(); ++i)
      EXPECT_TRUE(at::equal(straight[i].tensor, resumed[i].tensor)) << name;
  }
}

TEST(Optimizer, RefusesTheStateOfAnother) {
  Optimizer sgd(options("sgd"), makeParameters()), adamw(options("adamw"), makeParameters());
  EXPECT_EQ(adamw.loadState(sgd.state()).error().code, ErrorCode::kBadData);
}

}  // namespace
}  // namespace anchorscope
