#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <sstream>

#include "bench/app/run/run_files.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/lists.h"
#include "bench/commands/all_commands.h"
#include "bench/config.h"

namespace bench {
namespace {

int exit_code_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return exit_code::kUsage;
    case ErrorCode::kInterrupted:
      return exit_code::kInterrupted;
    case ErrorCode::kUnavailable:
    case ErrorCode::kEngine:
    case ErrorCode::kInstanceDied:
    case ErrorCode::kTimeout:
    case ErrorCode::kIo:
    case ErrorCode::kCorrupt:
      return exit_code::kCouldNotMeasure;
  }
  return exit_code::kCouldNotMeasure;
}

// The parser's own words for a mistyped command are "a subcommand is required".
void require_known_command(const std::vector<std::string>& argv) {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (argv[i].empty() || argv[i].front() == '-') continue;
    std::vector<std::string> names;
    for (const CommandRow& row : command_table()) {
      if (row.name == argv[i]) return;
      names.push_back(row.name);
    }
    throw Error(ErrorCode::kUsage, fmt::format("unknown command '{}'", argv[i]),
                did_you_mean(argv[i], names) + fmt::format("commands: {}", fmt::join(names, ", ")));
  }
}

// "" is what a variable of a script that is not set becomes; the parser takes it for nothing given.
void refuse_empty_values(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    for (CLI::Option* option : command->get_options()) {
      if (option->get_items_expected_max() > 0) option->check(not_empty);
    }
  }
}

// The parser names a mistyped option and not the one that was meant. `command`: the command that was typed.
void refuse_unknown_option(const CLI::App& app, const CLI::App* command) {
  std::vector<std::string> known;
  for (const CLI::App* level : {&app, command}) {
    if (level == nullptr) continue;
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  for (const std::string& word : app.remaining(true)) {
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("-") || contains(known, name)) continue;
    const std::string help = command == nullptr ? "bench" : "bench " + command->get_name();
    throw Error(ErrorCode::kUsage, fmt::format("unknown option '{}'", name),
                (name.starts_with("--") ? did_you_mean(name, known) : std::string()) +
                    fmt::format("{} --help shows the options", help));
  }
}

// Whoever lists processes sees the arguments of this one: from here on without the values of variables.
void hide_values(int argc, char** argv) {
  const std::vector<std::string> typed(argv, argv + argc), shown = without_set_values(typed);
  for (std::size_t i = 0; i < typed.size(); ++i) {
    char* end = std::copy(shown[i].begin(), shown[i].end(), argv[i]);
    std::fill(end, argv[i] + typed[i].size(), '\0');
  }
}

// --help and --version are data like any other: the parser's own printing knows neither a reader that has
// seen enough nor a full disk.
int parse_and_run(CLI::App& app, int argc, char** argv, const CommandContext& context) {
  try {
    std::vector<std::string> typed(argv + std::min(argc, 1), argv + argc);
    std::reverse(typed.begin(), typed.end());  // the parser takes them from the end
    hide_values(argc, argv);
    app.parse(std::move(typed));
    return context.exit_code;
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    const int code = app.exit(success, text, text);
    print_out(text.str());
    return code;
  } catch (const CLI::ExtrasError&) {
    const auto chosen = app.get_subcommands();
    refuse_unknown_option(app, chosen.empty() ? nullptr : chosen.front());
    throw;
  }
}

}  // namespace

const std::vector<CommandRow>& command_table() {
  static const std::vector<CommandRow> rows = {
      {"run", &add_run},         {"prepare", &add_prepare},   {"report", &add_report},
      {"list", &add_list},       {"doctor", &add_doctor},     {"clean", &add_clean},
      {"compare", &add_compare}, {"gate", &add_gate},         {"history", &add_history},
      {"trend", &add_trend},     {"simulate", &add_simulate}, {"calibrate", &add_calibrate},
  };
  return rows;
}

int run_command_line(int argc, char** argv, std::stop_token stop) {
  CommandContext context;
  context.argv = without_set_values(std::vector<std::string>(argv, argv + argc));
  if (!context.argv.empty()) context.argv.front() = "bench";  // where it lies is the machine's business
  context.stop = std::move(stop);

  CLI::App app{"bench: the same backend in a container and in a VM, measured by one stopwatch", "bench"};
  app.set_version_flag("--version", fmt::format("bench {}{}{}", BENCH_VERSION,
                                                *BENCH_COMMIT != '\0' ? " " : "", BENCH_COMMIT));
  app.require_subcommand(1);
  app.fallthrough();  // the options below may stand after the command too
  app.add_flag("-q,--quiet", context.ui.quiet, "no progress, only results, warnings and errors");
  app.add_flag("-v,--verbose", context.ui.verbose, "more progress");
  app.add_flag("--needs-root", context.asks_root_need)->group("");  // no help: see root_need.h
  app.option_defaults()->take_last();  // an option that is given twice: the last one counts
  app.footer("First: bench run startup     What works here: bench doctor     More: bench COMMAND --help");
  app.get_formatter()->column_width(28);
  for (const CommandRow& row : command_table()) row.add(app, context);
  refuse_empty_values(app);

  try {
    require_known_command(context.argv);
    return parse_and_run(app, argc, argv, context);
  } catch (const CLI::ParseError& error) {
    context.ui.error(error.what(), "bench --help, or bench COMMAND --help, shows what can be said");
    return exit_code::kUsage;
  } catch (const Error& error) {
    context.ui.error(error.what(), error.remedy());
    return exit_code_for(error.code());
  } catch (const std::exception& error) {
    context.ui.error(error.what(), "this should not happen; please report it with the command that you ran");
    return exit_code::kCouldNotMeasure;
  }
}

}  // namespace bench
