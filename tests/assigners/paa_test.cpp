// What of PAA's costs goldens do not tell; its rule is in core/conformance's reference values.

#include <gtest/gtest.h>

#include "tests/assigners/assigner_testing.h"

namespace anchorscope {
namespace {

using testing::Changes;
using testing::DenseScene;
using testing::RecordingSink;

/// [B,N]; NaN of an anchor that is no candidate.
at::Tensor costs(const DenseScene& scene, const Changes& options) {
  RecordingSink sink;
  testing::runAssigner("paa", scene, testing::assignerOptions("paa", options), &sink);
  return sink.channelValues.at("paa.cost").to(at::kDouble);
}

TEST(Paa, ScaledCostsHaveClassesAndBoxesOfOneSize) {
  const DenseScene scene = testing::makeDenseScene();
  const at::Tensor cls = costs(scene, {{"paa_box_weight", "0"}}),
                   loc = costs(scene, {{"paa_box_weight", "1"}}) - cls;
  const double ratio = (loc.nansum() / cls.nansum()).item<double>();
  ASSERT_GT(ratio, 0);
  ASSERT_LT(ratio, 0.5) << "so that the scale shows";
  const at::Tensor expected = cls * ratio + 1.3 * loc, scaled = costs(scene, {{"paa_scaled_costs", "true"}});
  EXPECT_TRUE(at::allclose(scaled, expected, 1e-5, 1e-6, /*equal_nan=*/true));
}

}  // namespace
}  // namespace anchorscope
