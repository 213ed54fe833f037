#include "bench/measure/host/doctor.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/app/engine_rows.h"
#include "bench/app/run/run_files.h"
#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/calibration_text.h"
#include "bench/config.h"
#include "bench/history/calibration/calibration.h"
#include "bench/measure/host/environment.h"
#include "drivers/driver.h"

namespace bench {
namespace {

std::vector<DoctorRow> stored_calibration_rows() {
  try {
    return calibration_rows(load_calibration(persistent_file(kCalibrationFile, state_dir())),
                            read_fingerprint(cache_dir()));
  } catch (const Error& error) {
    return {{"calibration", "file", DoctorStatus::kWarn, error.what(), error.remedy()}};
  }
}

std::string as_text(const std::vector<DoctorRow>& rows) {
  std::string text =
      fmt::format("bench {}{}{}\n", BENCH_VERSION, *BENCH_COMMIT != '\0' ? " " : "", BENCH_COMMIT);
  std::string area;
  for (const DoctorRow& row : rows) {
    if (row.area != area) {
      area = row.area;
      text += fmt::format("\n{}\n", area);
    }
    text += fmt::format("  {:<8} {:<16} {}\n", to_text(row.status), row.item, row.detail);
    if (!row.remedy.empty()) text += fmt::format("  {:<8} {:<16} remedy: {}\n", "", "", row.remedy);
  }
  return text;
}

}  // namespace

void add_doctor(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("doctor", "what works here, what does not, and the remedy");
  struct Options {
    bool json = false;
    bool again = false;
    DriverOptions driver;
  };
  auto options = std::make_shared<Options>();
  command->add_flag("--json", options->json, "as JSON");
  command->add_flag("--again", options->again,
                    "forget what was found out about engines here: a daemon's speed is tried now, KVM by the "
                    "next run");
  command->add_option("--connect", options->driver.connect, "libvirt URI to look at");
  command->footer(
      "Examples:\n  bench doctor\n  bench doctor --again\n  bench doctor --json | jq '.[] | select(.status "
      "!= \"ok\")'\n\n"
      "Exit: 0 when a container engine and a VM engine work, else 3.");
  command->callback([options, &context] {
    for (const DriverRow& driver : driver_table()) {
      if (options->again && driver.forget != nullptr) driver.forget();
    }
    std::vector<DoctorRow> rows;
    for (const DriverRow& driver : driver_table()) {
      for (DoctorRow& row : engine_rows(driver, options->driver)) rows.push_back(std::move(row));
    }
    for (DoctorRow& row : host_rows(cache_dir())) rows.push_back(std::move(row));
    for (DoctorRow& row : stored_calibration_rows()) rows.push_back(std::move(row));
    if (options->json) {
      nlohmann::ordered_json array = nlohmann::ordered_json::array();
      for (const DoctorRow& row : rows) {
        array.push_back({{"area", row.area},
                         {"item", row.item},
                         {"status", to_text(row.status)},
                         {"detail", row.detail},
                         {"remedy", row.remedy}});
      }
      print_out(array.dump(2) + "\n");
    } else {
      print_out(as_text(rows));
    }
    for (const DoctorRow& row : rows) {
      const bool needed = row.item == "engine" || row.item == "driver";
      if (needed && row.status == DoctorStatus::kMissing) context.exit_code = exit_code::kCouldNotMeasure;
    }
  });
}

}  // namespace bench
