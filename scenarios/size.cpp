#include "scenarios/size.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "bench/core/error.h"
#include "bench/images/size.h"

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
  trial.record("size.check." + name, "bytes", static_cast<double>(figure.bytes));
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
  const ImageSize size = target.info.kind == "vm"
                             ? measure_vm_size(*target.images, target.info.profile, request, trial.stop())
                             : measure_container_size(*target.images, request, trial.stop());
  const auto bytes = [&](const char* metric, std::int64_t value) {
    trial.record(metric, "bytes", static_cast<double>(value));
  };
  bytes("size.transfer", size.transfer);
  bytes("size.disk", size.disk);
  bytes("size.virtual", size.unpacked);
  bytes("size.unique", size.unique);
  trial.record("size.layers", "count", static_cast<double>(size.layers));
  double sum = 0;
  for (const auto& [number, value] : size.marginal) {
    trial.record("size.marginal_at", "bytes", static_cast<double>(value), std::nullopt,
                 static_cast<double>(number));
    sum += static_cast<double>(value);
  }
  if (!size.marginal.empty()) {
    trial.record("size.marginal", "bytes", sum / static_cast<double>(size.marginal.size()));
  }
  bytes("size.slim.transfer", size.slim_transfer);
  bytes("size.slim.disk", size.slim_disk);
  for (std::size_t i = 0; i < kCategories; ++i) {
    trial.record("size.part." + std::string(category_name(static_cast<Category>(i))), "bytes",
                 static_cast<double>(size.parts.at(i)));
  }
  for (const auto& [key, text] : size.notes) trial.note(key, text);
  check_parts(trial, size);
  for (const auto& figure : target.driver->image_figures(*target.images, target.info.profile, trial.stop())) {
    check(trial, size, figure);
  }
}

std::vector<MetricRow> metrics() {
  std::vector<MetricRow> rows = {
      {"size.transfer", "bytes",
       "compressed as it is sent: layers, or disk and kernel; gzip level 6 for both"},
      {"size.disk", "bytes", "allocated on the host's disk: unpacked layers, or qcow2, kernel and initramfs"},
      {"size.virtual", "bytes", "apparent: the files' lengths, or the virtual disk's size"},
      {"size.unique", "bytes", "of size.disk: what another image of the same base does not share"},
      {"size.marginal", "bytes", "what one more app on the same base adds (mean of the 2nd and the 3rd)"},
      {"size.marginal_at", "bytes", "what the app of that number adds: a layer, or a backing-file overlay"},
      {"size.layers", "count", "the container's layers, or the length of the disk's backing chain"},
      {"size.slim.transfer", "bytes", "size.transfer of a slimmed variant (reference line)"},
      {"size.slim.disk", "bytes", "size.disk of a slimmed variant (reference line)"}};
  for (std::size_t i = 0; i < kCategories; ++i) {
    const std::string name(category_name(static_cast<Category>(i)));
    rows.push_back({"size.part." + name, "bytes", "part of size.disk: " + name});
  }
  rows.push_back({"size.check.disk_engine", "bytes", "size.disk by the engine's word"});
  rows.push_back({"size.check.disk_qemu", "bytes", "size.disk by qemu-img (VM)"});
  rows.push_back({"size.check.virtual_engine", "bytes", "size.virtual by the engine's word"});
  rows.push_back({"size.check.virtual_history", "bytes", "size.virtual by the image's history (container)"});
  rows.push_back({"size.check.virtual_df", "bytes", "size.virtual by the engine's disk usage (container)"});
  rows.push_back({"size.check.virtual_qemu", "bytes", "size.virtual by qemu-img (VM)"});
  return rows;
}

}  // namespace

ScenarioRow size_scenario() {
  ScenarioRow row;
  row.name = "size";
  row.summary = "bytes of each image: sent, stored, shared, per further app; and where they are";
  row.metrics = metrics();
  row.headline_metric = "size.disk";
  row.weighs = true;
  row.before = &weigh;
  return row;
}

}  // namespace bench
