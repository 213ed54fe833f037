#include "bench/core/spec_json.h"

#include <initializer_list>
#include <string_view>
#include <utility>

namespace bench {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// Those that are not empty.
OrderedJson said(std::initializer_list<std::pair<const char*, std::string_view>> words) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [key, value] : words) {
    if (!value.empty()) json[key] = value;
  }
  return json;
}

/// What is not said is as a declaration has it by itself.
OrderedJson metric_json(const MetricSpec& spec) {
  OrderedJson json;
  json["name"] = spec.name;
  json["unit"] = to_text(spec.unit);
  json["role"] = to_text(spec.role);
  json["better"] = to_text(spec.better);
  json["manner"] = to_text(spec.manner);
  for (const auto& [key, value] : {std::pair{"exact", spec.exact},
                                   {"needs_hardware", spec.needs_hardware},
                                   {"same_stop", spec.same_stop},
                                   {"gated", spec.gated},
                                   {"prominent", spec.prominent}}) {
    if (value) json[key] = true;
  }
  if (spec.threshold) json["threshold"] = *spec.threshold;
  json.update(said({{"part_of", spec.part_of},
                    {"slope_of", spec.slope_of},
                    {"cpu_of", spec.cpu_of},
                    {"column", spec.column},
                    {"words", spec.words},
                    {"subject", spec.subject},
                    {"beside", spec.beside},
                    {"summary", spec.summary}}));
  return json;
}

}  // namespace

nlohmann::ordered_json spec_json(const ScenarioSpec& spec) {
  OrderedJson json;
  json["name"] = spec.name;
  json["title"] = spec.title.empty() ? OrderedJson() : OrderedJson(spec.title);
  json["summary"] = spec.summary.empty() ? OrderedJson() : OrderedJson(spec.summary);
  json["metrics"] = OrderedJson::array();
  for (const MetricSpec& one : spec.metrics) json["metrics"].push_back(metric_json(one));
  const HeadlineWords& words = spec.headline;
  OrderedJson headline =
      said({{"about", words.about}, {"verb", words.verb}, {"again", words.again}, {"after", words.after}});
  if (!headline.empty()) json["headline"] = std::move(headline);
  json.update(said({{"trial", spec.trial}, {"table", spec.table}}));
  if (!spec.reading.empty()) json["reading"] = spec.reading;
  return json;
}

}  // namespace bench
