#include "core/trainer/probes.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/trainer/batch_tensors.h"

namespace anchorscope {
namespace {

struct Found {
  const Dataset* dataset = nullptr;
  std::size_t index = 0;
};

Result<Found> findImage(const std::vector<std::shared_ptr<const Dataset>>& datasets,
                        const std::string& name) {
  std::vector<std::string> names;
  for (const auto& dataset : datasets) {
    if (const std::int64_t index = dataset->find(name); index >= 0)
      return Found{dataset.get(), static_cast<std::size_t>(index)};
    for (const ImageRecord& image : dataset->images())
      names.push_back(image.name);
  }
  return makeError(ErrorCode::kNotFound, concat("There is no image '", name, "' to probe"),
                   concat("Did you mean ", join(nearestNames(name, names), " or "), "?"));
}

/// The image as views show it. Objects that are trained on come first, so that target indices are object
/// indices.
Result<std::shared_ptr<const ProbeImage>> probeImage(const Found& found, const AxisTransform& inputFromImage,
                                                     SizePx inputSize, const std::vector<int>& classes) {
  const ImageRecord& record = found.dataset->images()[found.index];
  auto pixels = found.dataset->loadPixels(found.index);
  if (!pixels) return std::move(pixels).error();
  auto probe = std::make_shared<ProbeImage>();
  probe->name = record.name;
  probe->pixels = *std::move(pixels);
  probe->inputFromImage = inputFromImage;
  probe->inputSize = inputSize;
  for (const bool ignored : {false, true})
    for (const Annotation& annotation : record.annotations) {
      const int classIndex = classes[static_cast<std::size_t>(annotation.classIndex)];
      // A class that training does not know cannot be trained on here either.
      if ((isIgnored(annotation) || classIndex < 0) != ignored) continue;
      probe->objects.push_back({annotation.boxInImage, classIndex, ignored});
    }
  return std::shared_ptr<const ProbeImage>(std::move(probe));
}

/// Of the objects that are trained on, in the order of probeImage().
std::vector<ShapeInInput> shapesOf(const Found& found, const BatchSample& sample,
                                   const std::vector<int>& classes) {
  std::vector<ShapeInInput> shapes;
  for (const Annotation& annotation : found.dataset->images()[found.index].annotations)
    if (!isIgnored(annotation) && classes[static_cast<std::size_t>(annotation.classIndex)] >= 0)
      shapes.push_back({annotation.shape, sample.inputFromImage, sample.filledInInput});
  return shapes;
}

}  // namespace

DenseTargets probeTargets(const std::vector<std::shared_ptr<const ProbeImage>>& images, at::Device device,
                          const std::vector<std::vector<ShapeInInput>>& shapes) {
  std::vector<std::vector<TargetObject>> objects(images.size());
  std::vector<std::vector<Box>> ignored(images.size());
  for (std::size_t image = 0; image < images.size(); ++image)
    for (const ObjectRecord& object : images[image]->objects) {
      const Box boxInInput = images[image]->inputFromImage.map(object.boxInImage);
      if (object.ignored)
        ignored[image].push_back(boxInInput);
      else
        objects[image].push_back({boxInInput, object.classIndex,
                                  shapes.empty() ? ShapeInInput() : shapes[image].at(objects[image].size())});
    }
  InputBuffers buffers(device);  // these tensors stay
  return targetTensors(objects, ignored, 0, 0, buffers,
                       shapes.empty() ? std::nullopt : std::optional(images.front()->inputSize));
}

std::vector<std::string> defaultProbeNames(const Dataset& dataset, std::int64_t count) {
  std::vector<std::string> names;
  for (const bool withObjects : {true, false}) {
    const std::vector<ImageRecord>& images = dataset.images();
    for (std::size_t i = 0; i < images.size() && static_cast<std::int64_t>(names.size()) < count; ++i) {
      const bool trained = std::any_of(images[i].annotations.begin(), images[i].annotations.end(),
                                       [](const Annotation& annotation) { return !isIgnored(annotation); });
      // A damaged file is the loader's to report; a choice that nobody made must not end the run.
      if (trained == withObjects && dataset.loadPixels(i)) names.push_back(images[i].name);
    }
    if (!names.empty()) break;
  }
  return names;
}

std::vector<int> classMap(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::vector<int> map;
  for (const std::string& name : from) {
    const auto found = std::find(to.begin(), to.end(), name);
    map.push_back(found == to.end() ? -1 : static_cast<int>(found - to.begin()));
  }
  return map;
}

Result<ProbeSet> makeProbeSet(const std::vector<std::shared_ptr<const Dataset>>& datasets,
                              const std::vector<std::string>& names, const LoaderOptions& options,
                              const PixelNormalization& normalization, at::Device device) {
  ANCHORSCOPE_CHECK(!datasets.empty(), "probes need a data set");
  ProbeSet out;
  std::vector<std::vector<at::Tensor>> pixels;                 // of each group
  std::vector<std::vector<std::vector<ShapeInInput>>> shapes;  // likewise
  InputBuffers buffers(device);
  for (const std::string& name : names) {
    auto found = findImage(datasets, name);
    if (!found) return std::move(found).error();
    const std::string& fullName = found->dataset->images()[found->index].name;
    if (std::any_of(out.images.begin(), out.images.end(),
                    [&](const auto& image) { return image->name == fullName; }))
      continue;
    auto batch = loadForInference(*found->dataset, {found->index}, options);
    if (!batch) return std::move(batch).error().in("loading the probe image " + name);
    const std::vector<int> classes = classMap(found->dataset->classNames(), datasets.front()->classNames());
    auto image = probeImage(*found, batch->samples.front().inputFromImage, batch->inputSize, classes);
    if (!image) return std::move(image).error().in("loading the probe image " + name);
    std::size_t group = 0;
    while (group < out.groups.size() && out.groups[group].batch.images.front()->inputSize != batch->inputSize)
      ++group;
    if (group == out.groups.size()) {
      out.groups.emplace_back();
      pixels.emplace_back();
      shapes.emplace_back();
    }
    if (options.objectShapes) shapes[group].push_back(shapesOf(*found, batch->samples.front(), classes));
    out.groups[group].places.push_back(out.images.size());
    out.groups[group].batch.images.push_back(*image);
    out.images.push_back(*std::move(image));
    pixels[group].push_back(pixelTensor(*batch, normalization, buffers));
  }
  for (std::size_t group = 0; group < out.groups.size(); ++group) {
    ProbeBatch& batch = out.groups[group].batch;
    batch.pixels = at::cat(pixels[group]).contiguous(at::MemoryFormat::ChannelsLast);
    batch.targets = probeTargets(batch.images, device, shapes[group]);
  }
  return out;
}

}  // namespace anchorscope
