#pragma once
// View header. Looks through evidence with every rule.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/findings/rule.h"

namespace anchorscope {

/// A rule that could not be asked.
struct UnaskedRule {
  std::string rule, title;
  std::string lacks;  ///< "the data set", "channel loss.cls"
};

struct FindingsReport {
  std::vector<Finding> findings;  ///< Those that cost most objects first; of equal ones in the rules' order.
  std::vector<UnaskedRule> unasked;
  std::vector<std::string> leftOut;  ///< What could not be looked at, and why: a sentence each.
};

/// One thread at a time. Same evidence in the same order, same report.
class Inspection {
 public:
  Inspection();

  /// A frame; of one image in the order of steps. Variants are passed over: they are not what is trained.
  void see(const ProbeFrame& frame);
  /// `facts`' objects and images are counted here.
  FindingsReport tell(Facts facts) const;
  /// Names of the scalars that rules need.
  static std::vector<std::string> scalarNames();

 private:
  struct Looking {
    const Rule* rule = nullptr;
    std::shared_ptr<Observer> observer;
    bool seen = false;   // a stage with what it needs
    std::string lacked;  // of a stage
  };
  std::vector<Looking> lookings_;
  std::set<ObjectRef> objects_;
  std::set<std::string> images_;
  std::vector<std::string> leftOut_;
};

}  // namespace anchorscope
