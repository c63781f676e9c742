#pragma once
// What the tests of single assigners share: running one by name with some options, and its decisions.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/assigners/assigner.h"
#include "core/base/named_registry.h"
#include "core/evidence/decision.h"
#include "tests/support/dense_scene.h"

namespace anchorscope::testing {

using Changes = std::vector<std::pair<std::string, std::string>>;

inline ParamSet assignerOptions(const std::string& assigner, const Changes& changes) {
  ParamSet set((*findNamed(assignerEntries(), assigner, "assigner"))->params);
  for (const auto& [name, value] : changes)
    EXPECT_TRUE(set.set(name, value).ok()) << name;
  return set;
}

inline Assignment runAssigner(const std::string& name, const DenseScene& scene, const ParamSet& set,
                              EvidenceSink* sink = nullptr) {
  auto assigner = makeAssigner(name, set);
  EXPECT_TRUE(assigner.ok());
  return (*assigner)->assign({scene.anchors, scene.outputs, scene.targets}, sink);
}

inline std::vector<std::int64_t> objectsOf(const Assignment& assignment, std::int64_t image = 0) {
  const at::Tensor row = assignment.clsObject[image].contiguous();
  return {row.data_ptr<std::int64_t>(), row.data_ptr<std::int64_t>() + row.numel()};
}

/// The decision about a pair of the first image.
inline Decision decide(const std::string& name, const DenseScene& scene, const ParamSet& set, int anchor,
                       int object) {
  auto assigner = makeAssigner(name, set);
  EXPECT_TRUE(assigner.ok());
  RecordingSink sink;
  const Assignment assignment = (*assigner)->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  for (const char* channel : {kClsObjectChannel, kRegObjectChannel}) {
    ChannelSpec winner;
    winner.name = channel;
    sink.channel(winner, assignment.clsObject, 0);
  }
  return explain(sink.frame(scene, 0, (*assigner)->declaration().decisions), anchor, object);
}

inline std::vector<TestVerdict> verdicts(const Decision& decision) {
  std::vector<TestVerdict> all;
  for (const DecisionRow& row : decision.rows)
    all.push_back(row.verdict);
  return all;
}

}  // namespace anchorscope::testing
