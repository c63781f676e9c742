// Local importance-based pooling on the CPU: brings rows into lanes for core/ops/lip_rows.cpp, in parallel
// over rows. Each result is gathered by one thread in a fixed order, so it does not depend on their number.

#include <algorithm>
#include <type_traits>
#include <vector>

#include "core/ops/dispatch.h"
#include "core/ops/lip_backends.h"
#include "core/ops/lip_lanes.h"
#include "core/ops/lip_rows.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

/// Elements worth a task of their own.
constexpr std::int64_t kGrainElements = 32768;
/// float64 for float64, otherwise float32.
template <typename In>
using SumType = std::conditional_t<std::is_same_v<In, double>, double, float>;

LipMaps mapsOf(const at::Tensor& x, const at::Tensor& y, const LipWindow& window) {
  return {x.size(0), x.size(1), x.size(2), x.size(3), y.size(2), y.size(3), !x.is_contiguous(), window};
}

/// Runs a worker's run(strip index, first row, end of rows) for bands of the `rows` rows of every strip, in
/// parallel; makeWorker() is called for each thread's share.
template <typename MakeWorker>
void forBands(const LipMaps& maps, std::int64_t rows, std::int64_t elementsPerRow,
              const MakeWorker& makeWorker) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrainElements / elementsPerRow);
  parallelFor(0, maps.strips() * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    auto worker = makeWorker();
    while (begin < end) {
      const std::int64_t strip = begin / rows, first = begin % rows;
      const std::int64_t last = std::min(rows, first + end - begin);
      worker.run(strip, first, last);
      begin += last - first;
    }
  });
}

/// Pointers of a LipResult; the last two are null where no backward pass will come.
template <typename In>
struct ResultArrays {
  In* y;
  SumType<In>* inverseSum;
  bool* byLargest;  ///< [strips, OH]
};

template <typename In>
ResultArrays<In> arraysOf(const LipResult& result) {
  const bool kept = result.inverseSum.defined();
  return {result.y.data_ptr<In>(), kept ? result.inverseSum.data_ptr<SumType<In>>() : nullptr,
          kept ? result.reference.data_ptr<bool>() : nullptr};
}

/// Pools bands of windows' rows. Within a band the rows of pixels are read once each, from first to last.
template <typename In>
class ForwardBands {
 public:
  using T = SumType<In>;

  ForwardBands(const In* x, const In* logit, const LipMaps& maps, const ResultArrays<In>& result)
      : maps_(maps),
        result_(result),
        xReader_(x, maps, maps.height, maps.width, maps.window.kernel),
        logitReader_(logit, maps, maps.height, maps.width, maps.window.kernel),
        yWriter_(result.y, maps, maps.outHeight, maps.outWidth),
        inverseWriter_(result.inverseSum, maps, maps.outHeight, maps.outWidth),
        rows_(static_cast<std::size_t>(maps.window.kernel)),
        sums_(static_cast<std::size_t>(maps.overlap())),
        sumData_(static_cast<std::size_t>(2 * maps.overlap() * maps.width * maps.stripLanes())),
        largest_(static_cast<std::size_t>(maps.outWidth * maps.stripLanes())) {}

  void run(std::int64_t stripIndex, std::int64_t first, std::int64_t last) {
    const LipStrip strip(maps_, stripIndex);
    for (Row& row : rows_)
      row.index = -1;
    std::int64_t next = 0;  // the next row of pixels to read
    for (std::int64_t oy = first; oy < last; ++oy) {
      const auto down = lipPixelsOf(maps_.window, oy, maps_.height);
      for (next = std::max(next, down.begin); next < down.end; ++next)
        addRow(strip, next, first, last);
      const bool moderate = std::all_of(rows_.begin(), rows_.end(), [&](const Row& row) {
        return row.index < down.begin || row.index >= down.end || row.moderate;
      });
      T *const y = yWriter_.row(strip, oy), *const inverse = inverseWriter_.row(strip, oy);
      if (moderate)
        lipFinishRow(sumsOf(oy), strip.rowShape(maps_), y, inverse);
      else
        poolByLargest(strip, down, y, inverse);
      yWriter_.finish(strip, oy);
      inverseWriter_.finish(strip, oy);
      if (result_.byLargest != nullptr) result_.byLargest[stripIndex * maps_.outHeight + oy] = !moderate;
    }
  }

 private:
  struct Row {
    std::int64_t index = -1;
    bool moderate = true;
    const T *x = nullptr, *logit = nullptr;
  };

  Row& rowAt(std::int64_t index) { return rows_[static_cast<std::size_t>(index % maps_.window.kernel)]; }

  LipSums<T> sumsOf(std::int64_t oy) {
    const std::int64_t length = maps_.width * maps_.stripLanes(), slot = oy % maps_.overlap();
    T* const weight = sumData_.data() + 2 * slot * length;
    return {weight, weight + length, false};
  }

  /// Reads row `index` and adds it to the sums of the windows first .. last - 1 that hold it.
  void addRow(const LipStrip& strip, std::int64_t index, std::int64_t first, std::int64_t last) {
    const std::int64_t slot = index % maps_.window.kernel, count = maps_.width * strip.lanes;
    Row& row = rowAt(index);
    row = {index, true, xReader_.row(strip, index, slot), logitReader_.row(strip, index, slot)};
    const auto outputs = lipOutputsOf(maps_.window, index, maps_.outHeight);
    std::int64_t used = 0;
    for (std::int64_t oy = std::max(outputs.begin, first); oy < std::min(outputs.end, last); ++oy) {
      LipSums<T>& sums = sums_[static_cast<std::size_t>(used++)];
      sums = sumsOf(oy);
      sums.empty = index == lipPixelsOf(maps_.window, oy, maps_.height).begin;
    }
    row.moderate = lipAddRow(row.x, row.logit, count, sums_.data(), used);
  }

  void poolByLargest(const LipStrip& strip, const LipSpan<std::int64_t>& down, T* y, T* inverse) {
    std::vector<const T*> x, logit;
    for (std::int64_t iy = down.begin; iy < down.end; ++iy) {
      x.push_back(rowAt(iy).x);
      logit.push_back(rowAt(iy).logit);
    }
    const LipRowShape shape = strip.rowShape(maps_);
    lipLargestRow(logit.data(), down.end - down.begin, shape, largest_.data());
    lipRowByLargest(x.data(), logit.data(), down.end - down.begin, largest_.data(), shape, y, inverse);
  }

  const LipMaps& maps_;
  const ResultArrays<In>& result_;
  LipRowReader<In, T> xReader_, logitReader_;
  LipRowWriter<T, In> yWriter_;
  LipRowWriter<T, T> inverseWriter_;
  std::vector<Row> rows_;         // by row % kernel
  std::vector<LipSums<T>> sums_;  // of the row being added
  std::vector<T> sumData_;        // weight and weighted sums, by row of windows % overlap
  std::vector<T> largest_;
};

/// What the backward pass reads and writes.
template <typename In>
struct BackwardArrays {
  const In *x, *logit, *upstream;
  ResultArrays<In> result;
  In *gradX, *gradLogit;
};

/// Gradients of bands of pixels' rows. Within a band the windows' rows are read once each.
template <typename In>
class BackwardBands {
 public:
  using T = SumType<In>;

  BackwardBands(const BackwardArrays<In>& arrays, const LipMaps& maps)
      : maps_(maps),
        byLargest_(arrays.result.byLargest),
        xReader_(arrays.x, maps, maps.height, maps.width, 1),
        logitReader_(arrays.logit, maps, maps.height, maps.width, 1),
        windowReader_(arrays.logit, maps, maps.height, maps.width, maps.window.kernel),
        upstreamReader_(arrays.upstream, maps, maps.outHeight, maps.outWidth, maps.overlap()),
        yReader_(arrays.result.y, maps, maps.outHeight, maps.outWidth, maps.overlap()),
        inverseReader_(arrays.result.inverseSum, maps, maps.outHeight, maps.outWidth, maps.overlap()),
        xWriter_(arrays.gradX, maps, maps.height, maps.width),
        logitWriter_(arrays.gradLogit, maps, maps.height, maps.width),
        cells_(static_cast<std::size_t>(maps.overlap())),
        rows_(cells_.size()),
        references_(cells_.size()) {}

  void run(std::int64_t stripIndex, std::int64_t first, std::int64_t last) {
    const LipStrip strip(maps_, stripIndex);
    const bool* const byLargest = byLargest_ + stripIndex * maps_.outHeight;
    std::int64_t next = 0;  // the next row of windows to read
    for (std::int64_t iy = first; iy < last; ++iy) {
      const auto down = lipOutputsOf(maps_.window, iy, maps_.outHeight);
      for (next = std::max(next, down.begin); next < down.end; ++next)
        readCells(strip, next, byLargest[next]);
      bool moderate = down.begin < down.end;  // of rows in no window nothing is known
      std::int64_t count = 0;
      for (std::int64_t oy = down.begin; oy < down.end; ++oy) {
        moderate = moderate && !byLargest[oy];
        rows_[static_cast<std::size_t>(count++)] = cells_[slotOf(oy)];
      }
      const LipRowShape shape = strip.rowShape(maps_);
      (moderate ? moderateGradients : gradientsByReference)(
          xReader_.row(strip, iy, 0), logitReader_.row(strip, iy, 0), rows_.data(), count, shape,
          xWriter_.row(strip, iy), logitWriter_.row(strip, iy));
      xWriter_.finish(strip, iy);
      logitWriter_.finish(strip, iy);
    }
  }

 private:
  using Gradients = void (*)(const T*, const T*, const LipCells<T>*, std::int64_t, const LipRowShape&, T*,
                             T*);
  static constexpr Gradients moderateGradients = lipModerateGradients;
  static constexpr Gradients gradientsByReference = lipGradientsByReference;

  std::size_t slotOf(std::int64_t oy) const { return static_cast<std::size_t>(oy % maps_.overlap()); }

  void readCells(const LipStrip& strip, std::int64_t oy, bool byLargest) {
    const std::int64_t slot = oy % maps_.overlap();
    std::vector<T>& reference = references_[slotOf(oy)];
    reference.assign(static_cast<std::size_t>(maps_.outWidth * strip.lanes), T(0));
    if (byLargest) {
      const auto down = lipPixelsOf(maps_.window, oy, maps_.height);
      std::vector<const T*> logit;
      for (std::int64_t iy = down.begin; iy < down.end; ++iy)
        logit.push_back(windowReader_.row(strip, iy, iy - down.begin));
      lipLargestRow(logit.data(), down.end - down.begin, strip.rowShape(maps_), reference.data());
    }
    cells_[slotOf(oy)] = {upstreamReader_.row(strip, oy, slot), yReader_.row(strip, oy, slot),
                          inverseReader_.row(strip, oy, slot), reference.data()};
  }

  const LipMaps& maps_;
  const bool* byLargest_;
  LipRowReader<In, T> xReader_, logitReader_, windowReader_, upstreamReader_, yReader_;
  LipRowReader<T, T> inverseReader_;
  LipRowWriter<T, In> xWriter_, logitWriter_;
  std::vector<LipCells<T>> cells_;          // by row of windows % overlap
  std::vector<LipCells<T>> rows_;           // those that hold the row of pixels at hand
  std::vector<std::vector<T>> references_;  // likewise
};

/// Calls function(T{}) with the tensor's element type.
template <typename Function>
void withPoolType(const at::Tensor& tensor, const Function& function) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return function(float{});
    case at::kDouble:
      return function(double{});
    case at::kBFloat16:
      return function(at::BFloat16{});
    default:
      ANCHORSCOPE_CHECK(tensor.scalar_type() == at::kHalf, "dtype ", toString(tensor.scalar_type()));
      return function(at::Half{});
  }
}

}  // namespace

at::Tensor lipReferenceOnCpu(const at::Tensor& x, const at::Tensor& y, const LipWindow& window) {
  const LipMaps maps = mapsOf(x, y, window);
  return at::empty({maps.strips(), maps.outHeight}, at::kBool);
}

void lipForwardOnCpu(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                     const LipResult& result) {
  const LipMaps maps = mapsOf(x, result.y, window);
  withPoolType(x, [&](auto zero) {
    using In = decltype(zero);
    const ResultArrays<In> arrays = arraysOf<In>(result);
    forBands(maps, maps.outHeight, maps.outWidth * maps.stripLanes(), [&] {
      return ForwardBands<In>(x.const_data_ptr<In>(), logit.const_data_ptr<In>(), maps, arrays);
    });
  });
}

void lipBackwardOnCpu(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                      const LipResult& result, const at::Tensor& upstream, const LipGradient& gradient) {
  const LipMaps maps = mapsOf(x, result.y, window);
  withPoolType(x, [&](auto zero) {
    using In = decltype(zero);
    const BackwardArrays<In> arrays{
        x.const_data_ptr<In>(), logit.const_data_ptr<In>(),        upstream.const_data_ptr<In>(),
        arraysOf<In>(result),   gradient.x.mutable_data_ptr<In>(), gradient.logit.mutable_data_ptr<In>()};
    forBands(maps, maps.height, maps.width * maps.stripLanes(),
             [&] { return BackwardBands<In>(arrays, maps); });
  });
}

}  // namespace anchorscope
