#pragma once
// Which layers belong to a common question, told from what the method declares: no method is known by name.

#include <QString>
#include <string>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

class LayerStack;

struct LayerPreset {
  QString title, help;
  std::vector<std::string> layerIds;  ///< Shown; the first channel layer among them becomes the active one.
};

/// The questions this frame has layers for: scores, overlap, weights of both heads, ranks, losses, objects
/// and predictions.
std::vector<LayerPreset> layerPresets(const StageEvidence& evidence);

/// What is shown when nobody has chosen yet: the weights of both heads where a method has them, else the
/// overlap.
void applyFirstLook(LayerStack& layers, const StageEvidence& evidence);

/// Layers kept from another method's run may colour by channels that this frame lacks: then nothing would be
/// coloured. Lets the first look stand in for them (LayerStack::standIn), which can be undone; changes
/// nothing where some channel of the frame is shown, or none is wanted.
void replaceForeignLook(LayerStack& layers, const StageEvidence& evidence);

/// Shows the preset's layers, the image and the objects, and hides the others.
void applyPreset(LayerStack& layers, const LayerPreset& preset);

}  // namespace anchorscope
