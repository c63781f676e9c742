#pragma once
// Neighbours of a candidate: what keys go to. No Qt.

#include <cstdint>

#include "core/evidence/frame.h"

namespace anchorscope {

/// All give -1 where there is no such candidate. Without a grid there is but the order they stand in.
/// So many cells further down and to the right.
std::int64_t candidateBeside(const CandidateSet& candidates, std::int64_t from, int rows, int columns);
/// So many pyramid levels coarser, in the cell that contains this cell's centre.
std::int64_t candidateOfLevel(const CandidateSet& candidates, std::int64_t from, int by);
/// Another one of the same cell, round and round.
std::int64_t candidateOfCell(const CandidateSet& candidates, std::int64_t from, int by);

}  // namespace anchorscope
