#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "bench/app/targets.h"
#include "bench/images/build/images.h"
#include "drivers/driver.h"

namespace bench {

/// Leaves out the targets that cannot start an image, with a warning. One that was `named` throws
/// Error{kUnavailable}, and so does a request of which nothing is left.
void leave_out_imageless(OpenRequest& request, bool named);

/// Builds the image where it is to be built, or finds it in the store of an engine, and says how its bytes
/// are had. `engines`: those that are open; where none of them has a store, one that has is opened and added.
/// Nothing happens where the image is a file. Throws Error{kUnavailable} where no engine has it, and kEngine
/// where it cannot be built.
void find_in_engine(AnyImage& image, const std::vector<std::pair<const DriverRow*, Driver*>>& engines,
                    std::vector<std::unique_ptr<Driver>>& opened, DriverOptions options,
                    const std::function<void(const std::string&)>& progress, const std::stop_token& stop);

/// The words of --builder.
std::vector<std::string> builder_words();
/// For `bench clean --images`: removes what bench had built in stores that no driver knows; one line each.
std::vector<std::string> clean_builders();
/// Asks each engine how it starts the image's program, and has guests give theirs the limits of the first one
/// that answers. An engine that cannot be asked is a warning of `open`.
void ask_how_started(OpenTargets& open, const Ownership& owner, const std::stop_token& stop);

/// Where the files of one artefact of a set come from.
ImageSource source_of(const ImageSet& set, Artefact artefact);

/// What of the images was not taken as its author wrote it, as warnings of the run, each once. `app`: of a
/// target's own.
void warn_of_notes(const std::string& app, const ImageSource& source, std::vector<Warning>& warnings);

/// prepare_any_image or prepare_images, by what the request asks for.
ImageSet prepare_set(const ImageRequest& request, std::stop_token stop);
/// True when prepare_set would find everything in the cache; false for an image that an engine has not named
/// yet.
bool set_ready(const ImageRequest& request);

}  // namespace bench
