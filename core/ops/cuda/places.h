#pragma once
// CUDA only. Where the elements of [first,channels,rows,columns] stand in memory, in either layout; Index may
// be 32 bits where they suffice, since divisions of 64 bits are slow.

namespace anchorscope::kernels {

template <typename Index>
struct Place {
  Index first, channel, row, column;
};

/// Of the element at `index` in memory order.
template <typename Index>
__device__ Place<Index> placeOf(Index index, Index channels, Index rows, Index columns, bool channelsLast) {
  Place<Index> place{};
  if (channelsLast) {
    place.channel = index % channels;
    index /= channels;
  }
  place.column = index % columns;
  index /= columns;
  place.row = index % rows;
  index /= rows;
  if (channelsLast) {
    place.first = index;
  } else {
    place.channel = index % channels;
    place.first = index / channels;
  }
  return place;
}

/// Element (row, column) of a plane is base + (row * columns + column) * step.
template <typename Index>
struct Plane {
  Index base, step;
};

/// area: rows * columns.
template <typename Index>
__device__ Plane<Index> planeOf(Index first, Index channel, Index channels, Index area, bool channelsLast) {
  return channelsLast ? Plane<Index>{first * area * channels + channel, channels}
                      : Plane<Index>{(first * channels + channel) * area, Index(1)};
}

}  // namespace anchorscope::kernels
