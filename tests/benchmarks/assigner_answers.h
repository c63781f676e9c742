#pragma once
// The side of bench_assigner in bench_mmdet.py: a process that is asked line by line, so that both sides take
// turns.

#include <iosfwd>

namespace anchorscope::testing {

/// Answers each line with one line, until the input ends:
///   threads T
///   scene one_anchor|points|objectness|anchors small|large IMAGES OBJECTS FOLDER   writes the scene's
///   tensors there, each as
///       bytes in a file of its name; the answer lists "NAME DTYPE SIZE SIZE …;" of them
///   time assigner NAME [OPTION=VALUE …]    seconds of one call
///   time method NAME [OPTION=VALUE …]      of a loss and its gradients
///   time cls_loss NAME [OPTION=VALUE …]    the same, with the winners of max_iou as labels
///   memory …, as time: most bytes that one call holds on top of its inputs
///   show …, as time: writes the winners [B,N] int64 of an assigner, or a loss, as FOLDER/answer
/// An answer that begins with "error" says what was wrong.
void answerAboutAssigners(std::istream& in, std::ostream& out);

}  // namespace anchorscope::testing
