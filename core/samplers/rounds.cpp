#include "core/samplers/rounds.h"

#include <cmath>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/ranks.h"

namespace anchorscope {
namespace {

constexpr const char* kOurs = "Ours";

struct Channels {
  explicit Channels(const std::string& order) {
    rank.description = concat("Place among those it competed with, ", order,
                              ", from 0 on: below the number picked it "
                              "was kept.");
  }
  ChannelSpec kept =
      channelOf("sampler.kept", "Sampled", "",
                "1: the candidate learns; 0: it was left out; undefined where it takes no part.", kOurs,
                ColorScale::kSequential, 0.f, 1.f);
  ChannelSpec rank =
      channelOf("sampler.rank", "Rank for sampling", "", "", kOurs, ColorScale::kSequential, 0.f);
  ChannelSpec quota = channelOf("sampler.quota", "Number picked", "candidates",
                                "How many of those that it competed with were picked at most.", kOurs,
                                ColorScale::kSequential, 0.f);
};

}  // namespace

Rounds::Rounds(const SamplerInputs& inputs)
    : positive(inputs.object >= 0),
      negative(inputs.object == -1),
      kept_(at::zeros_like(positive)),
      rank_(at::zeros_like(inputs.object)),
      quota_(at::zeros_like(inputs.object)),
      round_(at::full_like(inputs.object, -1)) {}

at::Tensor Rounds::first(const at::Tensor& mask, const at::Tensor& groups, const at::Tensor& keys,
                         const at::Tensor& quota, int round) {
  const at::Tensor open = mask.logical_and(kept_.logical_not());
  const at::Tensor rank = rankWithin(keys, groups.masked_fill(open.logical_not(), -1));
  const at::Tensor most = quota.unsqueeze(1).expand_as(rank);
  // A round that picks nobody says nothing new of who had failed before.
  const at::Tensor tells = open.logical_and((most > 0).logical_or(round_ < 0).logical_or(rank_ < quota_));
  rank_ = at::where(tells, rank, rank_);
  quota_ = at::where(tells, most, quota_);
  round_ = round_.masked_fill(tells, round);
  return open.logical_and(rank < most);
}

void Rounds::keepAll(const at::Tensor& mask, int round) {
  keepFirst(mask, at::zeros(mask.sizes(), rank_.options().dtype(at::kFloat)), counted(mask), round);
}

void Rounds::show(const std::string& order, EvidenceSink& sink) const {
  const Channels channels(order);
  const at::Tensor absent = round_ < 0;
  const auto tell = [&](const ChannelSpec& spec, const at::Tensor& values) {
    sink.channel(spec, values.to(at::kFloat).masked_fill(absent, NAN));
  };
  tell(channels.kept, kept_);
  tell(channels.rank, rank_);
  tell(channels.quota, quota_);
}

EvidenceDeclaration Rounds::declaration(const std::string& order) {
  const Channels channels(order);
  EvidenceDeclaration all;
  all.channels = {channels.kept, channels.rank, channels.quota};
  DecisionSpec decision;
  decision.absentReason = "the candidate takes no part";
  decision.tests = {gate(testOfColumn(
      "sampling", concat("Is its rank among those it competed with, ", order, ", below the number picked?"),
      "sampler.rank", "<", "sampler.quota", "sampler.kept"))};
  all.decisions = {std::move(decision)};
  return all;
}

}  // namespace anchorscope
