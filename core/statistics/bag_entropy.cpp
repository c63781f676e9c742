// How evenly a bag's weight is spread over its members.
#include <cmath>

#include "core/evidence/bag.h"
#include "core/statistics/mean.h"

namespace anchorscope {
namespace {

/// Of weights as shares, in nats; a NaN weighs nothing.
double entropyOf(const std::vector<double>& weights) {
  double sum = 0, entropy = 0;
  for (const double weight : weights)
    sum += weight;
  for (const double weight : weights)
    if (weight > 0) entropy -= weight / sum * std::log(weight / sum);
  return entropy;
}

class BagEntropy : public Meter {
 public:
  void see(const StageEvidence& stage) override {
    const PairTable* table = mainPairTable(stage);
    if (!table || table->spec.memberColumn.empty()) return;
    for (std::size_t object = 0; object < stage.image->objects.size(); ++object) {
      if (stage.image->objects[object].ignored) continue;
      const Bag bag = bagOf(stage, static_cast<int>(object));
      if (bag.members.empty()) continue;
      std::vector<double> classification, regression;
      for (const BagMember& member : bag.members) {
        if (member.classificationWeight > 0)
          classification.push_back(static_cast<double>(member.classificationWeight));
        if (member.regressionWeight > 0) regression.push_back(static_cast<double>(member.regressionWeight));
      }
      add("members", "members alike", std::vector<double>(bag.members.size(), 1), ColorScale::kSequential);
      if (!classification.empty())
        add("classification", "classification", classification, ColorScale::kClassification);
      if (!regression.empty()) add("regression", "regression", regression, ColorScale::kRegression);
    }
  }
  std::vector<StatisticValue> finishStep() override { return means_.take(); }

 private:
  void add(const std::string& name, const std::string& title, const std::vector<double>& weights,
           ColorScale scale) {
    means_.add(name, titled("Entropy of bags", title), entropyOf(weights), 1, scale);
  }
  NamedMeans means_;
};

}  // namespace

Statistic bagEntropyStatistic() {
  return {"bag_entropy",
          "Entropy of bags",
          "nat",
          "Entropy of a head's weights over the members of an object's bag, mean over trained objects with a "
          "bag; \"members alike\" is that of equal weights, the logarithm of the number of members. e to the "
          "entropy is how many members the weight is spread over.",
          "ours",
          "the objects' bags",
          [] { return std::make_unique<BagEntropy>(); }};
}

}  // namespace anchorscope
