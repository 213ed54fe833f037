#include "scenarios/size.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "bench/base/error.h"
#include "bench/core/first_metrics.h"
#include "bench/images/weigh/size.h"

namespace bench {
namespace {

/// Beyond this a second source is said to disagree. Sources round to blocks and sectors, and directories are
/// counted by some and not by others.
constexpr double kTolerance = 0.01;

std::optional<std::int64_t> ours(const ImageSize& size, const std::string& quantity) {
  if (quantity == "disk") return size.disk;
  if (quantity == "virtual") return size.unpacked;
  return std::nullopt;
}

void check(Trial& trial, const ImageSize& size, const ImageFigure& figure) {
  const std::string name = figure.quantity + "_" + figure.check;
  trial.note("source." + name, figure.source);
  // What is shared depends on the engine's other images, and a store may count what nobody else does: facts,
  // no checks.
  const auto expected = ours(size, figure.quantity);
  if (!expected) {
    trial.note(name, figure.bytes);
    return;
  }
  trial.record(metric::kSizeCheck + name, static_cast<double>(figure.bytes));
  const double off = static_cast<double>(figure.bytes - *expected) / static_cast<double>(*expected);
  if (std::abs(off) <= kTolerance) return;
  trial.warn(fmt::format("{}: size.{} is {} bytes by our own account and {} by {} ({:+.1f} %)",
                         trial.target().info.name, figure.quantity, *expected, figure.bytes, figure.source,
                         off * 100),
             "see the cross-checks in docs/size.md for what the two count differently");
}

/// The parts have to be the whole: a category that counts twice or not at all would show here.
void check_parts(Trial& trial, const ImageSize& size) {
  std::int64_t sum = 0;
  for (const auto bytes : size.parts) sum += bytes;
  const double off = static_cast<double>(sum - size.disk) / static_cast<double>(size.disk);
  if (std::abs(off) <= kTolerance) return;
  trial.warn(fmt::format("{}: the parts of size.disk add up to {} bytes, not {} ({:+.1f} %)",
                         trial.target().info.name, sum, size.disk, off * 100),
             "look at the largest part in docs/size.md's terms; repeat after bench prepare --rebuild");
}

void weigh(Trial& trial) {
  const Target& target = trial.target();
  SizeRequest request;
  request.progress = [&trial](const std::string& line) { trial.progress(line); };
  const ImageSize size = measure_size(*target.images, target.artefact, request, trial.stop());
  const auto bytes = [&](const char* name, std::int64_t value) {
    trial.record(name, static_cast<double>(value));
  };
  bytes(metric::kTransfer, size.transfer);
  bytes(metric::kDisk, size.disk);
  bytes(metric::kVirtual, size.unpacked);
  bytes(metric::kUnique, size.unique);
  trial.record(metric::kLayers, static_cast<double>(size.layers));
  double sum = 0;
  for (const auto& [number, value] : size.marginal) {
    trial.record(metric::kOneMoreAppAt, static_cast<double>(value), std::nullopt,
                 static_cast<double>(number));
    sum += static_cast<double>(value);
  }
  if (!size.marginal.empty()) {
    trial.record(metric::kOneMoreApp, sum / static_cast<double>(size.marginal.size()));
  }
  if (size.slim_disk > 0) {
    bytes(metric::kSlimTransfer, size.slim_transfer);
    bytes(metric::kSlimDisk, size.slim_disk);
  }
  for (std::size_t i = 0; i < kCategories; ++i) {
    trial.record(metric::kSizePart + std::string(category_name(static_cast<Category>(i))),
                 static_cast<double>(size.parts.at(i)));
  }
  for (const auto& [key, text] : size.notes) trial.note(key, text);
  check_parts(trial, size);
  for (const auto& figure : target.driver->image_figures(*target.images, target.info.profile, trial.stop())) {
    check(trial, size, figure);
  }
}

}  // namespace

ScenarioRow size_scenario() {
  ScenarioRow row{size_spec()};
  row.weighs = true;
  row.before = &weigh;
  return row;
}

}  // namespace bench
