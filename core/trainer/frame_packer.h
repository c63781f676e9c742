#pragma once
// Internal header (ATen). Collects what a method publishes about a batch of probe images and turns it into
// immutable frames: one pass over the values, and from a GPU one copy on a side stream.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/frame.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// Probe images of one input size as the detector takes them. The objects of each image stand in
/// ProbeImage::objects with those that are trained on first, so that an index into the padded targets is an
/// index into `objects`.
struct ProbeBatch {
  std::vector<std::shared_ptr<const ProbeImage>> images;
  at::Tensor pixels;  ///< [B,3,H,W] on the detector's device.
  DenseTargets targets;
};

/// What the frames of a batch of images hold besides evidence.
struct FrameFacts {
  std::int64_t step = 0;
  std::vector<std::shared_ptr<const ProbeImage>> images;
  std::shared_ptr<const std::vector<std::string>> classNames;
  std::shared_ptr<const Variant> variant;  ///< Null: the run's own.
};

/// What a stage's evidence holds besides what is published.
struct StageFacts {
  StageSpec stage;
  std::shared_ptr<const CandidateSet>
      candidates;                      ///< Those that all images share. Null: of this step, as follows.
  at::Tensor candidateBoxes, origins;  ///< [B,N,4] input frame, [B,N] int64: see CandidateSet::origins.
  at::Tensor predictedBoxes;           ///< [B,N,4] decoded boxes, input frame.
  std::vector<DecisionSpec> decisions;
  std::vector<std::vector<PredictionRecord>> predictions;  ///< Per image.
};

/// Frames on their way from the device. Move-only; used on the trainer thread.
class PendingFrames {
 public:
  PendingFrames();
  ~PendingFrames();
  PendingFrames(PendingFrames&&) noexcept;
  PendingFrames& operator=(PendingFrames&&) noexcept;

  bool pending() const { return !parts_.empty(); }
  /// The copies have ended, so take() will not wait.
  bool ready() const;
  /// The run's own frames in the order of their places, then those of variants in the order they were added;
  /// waits for the copies. Then nothing is pending.
  std::vector<std::shared_ptr<const ProbeFrame>> take();

  /// Another batch's frames, or another variant's of the same batch, whose places in the order are given; all
  /// places together are 0, 1 ... once each.
  void add(PendingFrames other, const std::vector<std::size_t>& places);
  /// The next stage of the same images.
  void addStage(PendingFrames next);

 private:
  friend class FramePacker;
  struct State;
  struct Part {
    std::vector<std::unique_ptr<State>> stages;  ///< Of the same images.
    std::vector<std::size_t> places;             ///< Of the images.
  };
  std::vector<Part> parts_;
};

/// One stage's capture: hand it to the detector and the method as the sink, then pack().
class FramePacker : public EvidenceSink {
 public:
  void channel(const ChannelSpec& spec, const at::Tensor& values, int stride) override;
  void pairs(const PairTableSpec& spec, const PairRows& rows) override;
  void objects(const ObjectColumnSpec& spec, const at::Tensor& values) override;

  /// missesPerObject: of each object's pairs those in its bag and so many others, the best by the table's
  /// sort column, are kept (ties: the smaller candidate); -1: all. Starts the copy; the packer is empty
  /// afterwards.
  PendingFrames pack(FrameFacts facts, StageFacts stage, std::int32_t missesPerObject = -1);

 protected:
  struct ChannelItem {
    ChannelSpec spec;
    int stride = 0;
    at::Tensor values;
  };
  struct PairItem {
    PairTableSpec spec;
    PairRows rows;
  };
  struct ObjectItem {
    ObjectColumnSpec spec;
    at::Tensor values;
  };
  std::vector<ChannelItem> channels_;
  std::vector<PairItem> pairs_;
  std::vector<ObjectItem> objects_;
};

}  // namespace anchorscope
