#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <pugixml.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "bench/base/lists.h"
#include "bench/base/text.h"
#include "bench/report/exports/formats.h"
#include "bench/report/exports/series.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

/// What XML 1.0 cannot hold even when escaped (control characters, bytes that are not UTF-8, U+FFFE and
/// U+FFFF) is replaced; a newline stays where `lines` allows it.
std::string xml_text(std::string_view outside, bool lines = false) {
  std::string text;
  while (lines && outside.find('\n') != std::string_view::npos) {
    const std::size_t end = outside.find('\n');
    text += one_line(outside.substr(0, end)) + '\n';
    outside.remove_prefix(end + 1);
  }
  text += one_line(outside);
  for (const char* forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = text.find(forbidden); at != std::string::npos; at = text.find(forbidden, at)) {
      text.replace(at, 3, "\xEF\xBF\xBD");
    }
  }
  return text;
}

using Attributes = std::vector<std::pair<const char*, std::string>>;

pugi::xml_node add_element(pugi::xml_node parent, const char* name, const Attributes& attributes = {}) {
  pugi::xml_node node = parent.append_child(name);
  for (const auto& [key, value] : attributes) node.append_attribute(key).set_value(xml_text(value).c_str());
  return node;
}

struct TestCase {
  std::string classname, name;
  double time = 0;
  std::string outcome;  ///< "" passed, "error", "failure", "skipped"
  std::string message, type, text;
};

/// No exponent, which not every reader's decimal takes.
std::string decimal(double seconds) {
  return fmt::format("{:.3f}", seconds);
}

/// What can be told of the time that a target took in a scenario: of start-up, its starts and stops.
double test_time(const Run& run, const std::string& scenario, const std::string& target) {
  double time = 0;
  for (const Sample& sample : run.samples) {
    if (sample.unit != Unit::kSeconds || sample.scenario != scenario || sample.target != target) continue;
    const MetricSpec& spec = spec_of(run, sample.metric);
    const bool whole = spec.role == Role::kHeadline || spec.role == Role::kResult;
    if (whole && spec.manner == Manner::kSpeed) time += sample.value;
  }
  return time;
}

/// A share of failed trials from which on no claim is made.
constexpr double kTooManyFailed = 0.1;

TestCase measured_case(const Run& run, const std::string& scenario, const std::string& target) {
  TestCase test{"bench." + scenario, target, test_time(run, scenario, target), "", "", "", ""};
  std::set<int> rounds;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.scenario == scenario && sample.target == target) rounds.insert(sample.round);
  }
  int failed = 0;
  bool outside = false;  // before or after the rounds: a part of the scenario is missing
  for (const Failure& failure : run.failures) {
    if (failure.warmup || failure.scenario != scenario || failure.target != target) continue;
    if (is_of_a_round(failure)) {
      ++failed;
      test.text += fmt::format("round {}, phase {}: {}\n", failure.round + 1, failure.phase, failure.message);
    } else {
      outside = true;
      test.text += fmt::format("{}: {}\n", failure.phase, failure.message);
    }
  }
  const int trials = failed + static_cast<int>(rounds.size());
  if (rounds.empty() && failed == 0 && !outside) {
    test.message = fmt::format("nothing was measured (status: {})", to_text(run.status));
  } else if (rounds.empty() && failed > 0) {
    test.message = fmt::format("could not be measured: all of {} failed", counted(failed, "trial"));
  } else if (rounds.empty()) {
    test.message = "could not be measured";
  } else if (outside) {
    test.message = "a part could not be measured";
  } else if (failed > kTooManyFailed * trials) {
    test.message = fmt::format("{} of {} failed", failed, counted(trials, "trial"));
  } else {
    return test;
  }
  test.outcome = "error";
  test.type = to_text(GateVerdict::kCouldNotMeasure);
  return test;
}

TestCase verdict_case(const MetricVerdict& verdict) {
  const bool watched = !verdict.decides && verdict.verdict != GateVerdict::kOk;
  const std::string words = (watched ? "watched: " : "") + to_text(verdict.verdict);
  TestCase test{"bench.gate." + verdict.scenario,
                fmt::format("{} {}", verdict.metric, verdict.target),
                0,
                "",
                verdict.why,
                words,
                verdict.why};
  const auto skip = [&] {
    test.outcome = "skipped";
    test.message = fmt::format("{}: {}", words, verdict.why);
  };
  if (watched) {
    skip();
    return test;
  }
  switch (verdict.verdict) {
    case GateVerdict::kRegression:
      test.outcome = "failure";
      break;
    case GateVerdict::kCouldNotMeasure:
      test.outcome = "error";
      break;
    case GateVerdict::kOk:
    case GateVerdict::kImprovement:
    case GateVerdict::kNotConfirmed:
      break;
    case GateVerdict::kInconclusive:
    case GateVerdict::kNoBaseline:
    case GateVerdict::kNotComparable:
      skip();
      break;
  }
  return test;
}

/// Every scenario and target that something is known of, in the order of the run.
std::vector<TestCase> measured_cases(const Run& run) {
  std::vector<std::string> scenarios, targets;
  for (const TargetInfo& target : run.targets) add_once(targets, target.name);
  for (const Sample& sample : run.samples) add_once(scenarios, sample.scenario);
  for (const Failure& failure : run.failures) {
    add_once(scenarios, failure.scenario);
    add_once(targets, failure.target);
  }
  std::vector<TestCase> cases;
  for (const std::string& scenario : scenarios) {
    for (const std::string& target : targets) cases.push_back(measured_case(run, scenario, target));
  }
  if (cases.empty()) {
    cases.push_back({"bench", "run", 0, "error",
                     fmt::format("nothing was measured (status: {})", to_text(run.status)),
                     to_text(GateVerdict::kCouldNotMeasure), ""});
  }
  return cases;
}

void add_case(pugi::xml_node suite, const TestCase& test) {
  pugi::xml_node node = add_element(
      suite, "testcase", {{"classname", test.classname}, {"name", test.name}, {"time", decimal(test.time)}});
  if (test.outcome == "skipped") {
    add_element(node, "skipped", {{"message", test.message}});
  } else if (!test.outcome.empty()) {
    add_element(node, test.outcome.c_str(), {{"type", test.type}, {"message", test.message}})
        .text()
        .set(xml_text(test.text, true).c_str());
  }
}

/// "2026-02-14T10:15:00": the schema has no place for a zone.
std::string timestamp(const std::string& rfc3339) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  const std::string text = rfc3339.substr(0, kShape.size());
  const bool fits = text.size() == kShape.size() &&
                    std::equal(text.begin(), text.end(), kShape.begin(), [](char c, char shape) {
                      return shape == 'd' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == shape;
                    });
  return fits ? text : "1970-01-01T00:00:00";
}

void add_properties(pugi::xml_node suite, const Run& run) {
  pugi::xml_node properties = add_element(suite, "properties");
  const auto add = [&](const std::string& name, const std::string& value) {
    add_element(properties, "property", {{"name", name}, {"value", value}});
  };
  add("run_id", run.run_id);
  add("suite_version", run.suite_version);
  add("status", to_text(run.status));
  add("rounds", fmt::format("{}", run.rounds));
  for (const TargetInfo& target : run.targets) {
    add("acceleration." + target.name, to_text(target.acceleration));
  }
}

}  // namespace

std::string junit_export(const Run& run, const std::vector<MetricVerdict>& verdicts) {
  std::vector<TestCase> cases = measured_cases(run);
  for (const MetricVerdict& verdict : verdicts) cases.push_back(verdict_case(verdict));
  const auto count = [&](const char* outcome) {
    return fmt::format("{}", std::count_if(cases.begin(), cases.end(),
                                           [&](const TestCase& test) { return test.outcome == outcome; }));
  };
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suite = add_element(add_element(document, "testsuites"), "testsuite",
                                     {{"name", "bench"},
                                      {"package", "bench"},
                                      {"id", "0"},
                                      {"hostname", "localhost"},
                                      {"timestamp", timestamp(run.started_at)},
                                      {"tests", fmt::format("{}", cases.size())},
                                      {"failures", count("failure")},
                                      {"errors", count("error")},
                                      {"skipped", count("skipped")},
                                      {"time", decimal(run.wall_seconds)}});
  add_properties(suite, run);
  for (const TestCase& test : cases) add_case(suite, test);
  std::string out, err;
  for (const std::string& line : headlines(run)) out += line + "\n";
  for (const Warning& warning : run.environment.warnings) {
    err += one_line(fmt::format("warning: {} ({})", warning.text, warning.remedy)) + "\n";
  }
  add_element(suite, "system-out").text().set(xml_text(out, true).c_str());
  add_element(suite, "system-err").text().set(xml_text(err, true).c_str());
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
  return text.str();
}

}  // namespace bench
