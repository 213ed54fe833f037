#include "bench/report/charts/style.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>

#include "bench/base/lists.h"
#include "bench/base/text.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

// The palette's own first, then darker ones of the same family.
constexpr std::array<const char*, 5> kContainerColours = {kBlue, kSkyBlue, kGreen, "#00405F", "#7FB8A4"};
constexpr std::array<const char*, 5> kVmColours = {kVermilion, kOrange, kPurple, "#7A2E00", "#F0B27A"};
constexpr std::array<const char*, 2> kOtherColours = {kGreen, kBlack};
constexpr std::array kShapes = {Shape::kDot,     Shape::kSquare,       Shape::kTriangle,
                                Shape::kDiamond, Shape::kDownTriangle, Shape::kHollowDiamond};

std::array<int, 3> channels(const std::string& colour) {
  std::array<int, 3> rgb{};
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    rgb[i] = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16);
  }
  return rgb;
}

bool has_acceleration(const Run& run, Acceleration acceleration) {
  return std::any_of(run.targets.begin(), run.targets.end(),
                     [&](const TargetInfo& target) { return target.acceleration == acceleration; });
}

}  // namespace

std::string family_colour(Kind family, std::size_t nth) {
  switch (family) {
    case Kind::kContainer:
      return kContainerColours[nth % kContainerColours.size()];
    case Kind::kVm:
      return kVmColours[nth % kVmColours.size()];
    case Kind::kProcess:
      break;
  }
  return kOtherColours[nth % kOtherColours.size()];
}

std::vector<TargetLook> target_looks(const Run& run) {
  std::vector<TargetLook> looks;
  std::map<Kind, std::size_t> seen;
  for (const TargetInfo& target : run.targets) {
    TargetLook look;
    look.target = &target;
    const std::string name = one_line(target.name);
    const std::string stamp = stamped(target).substr(name.size());
    look.name = shorten_middle(name, kNameWidth - std::min<std::size_t>(display_width(stamp), 14)) + stamp;
    const Kind family = family_of(target.traits);
    look.colour = family_colour(family, seen[family]++);
    look.tint = lighter(look.colour, 0.7);
    look.shape = kShapes[looks.size() % kShapes.size()];
    looks.push_back(std::move(look));
  }
  return looks;
}

const TargetLook* find_look(const std::vector<TargetLook>& looks, const std::string& target) {
  return find_where(looks, [&](const TargetLook& look) { return look.target->name == target; });
}

std::string lighter(const std::string& colour, double share) {
  const auto rgb = channels(colour);
  const auto mixed = [&](int channel) {
    return static_cast<int>(std::lround(channel + (255 - channel) * share));
  };
  return fmt::format("#{:02X}{:02X}{:02X}", mixed(rgb[0]), mixed(rgb[1]), mixed(rgb[2]));
}

std::string ink_on(const std::string& colour) {
  const auto rgb = channels(colour);
  return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] > 140 ? kBlack : kWhite;
}

std::string shorten_middle(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) {
    return text;
  }
  std::vector<std::string> letters;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) letters.emplace_back();
    letters.back() += c;
  }
  std::string cut;
  const std::size_t end = (width - 1) / 2;
  for (std::size_t i = 0; i < width - 1 - end; ++i) cut += letters[i];
  cut += "…";
  for (std::size_t i = letters.size() - end; i < letters.size(); ++i) cut += letters[i];
  return cut;
}

std::string rounds_text(const Run& run, const std::string& scenario, const std::string& metric) {
  int least = 0;
  int most = 0;
  for (const Summary& summary : run.summaries) {
    if (summary.scenario == scenario && summary.metric == metric) {
      least = least == 0 ? summary.n : std::min(least, summary.n);
      most = std::max(most, summary.n);
    }
  }
  if (most == 0) return {};
  return least == most ? "n = " + counted(most, "round") : fmt::format("n = {}–{} rounds", least, most);
}

std::string emulation_note(const Run& run) {
  return has_acceleration(run, Acceleration::kTcg)
             ? "VM emulated (TCG): not a figure for hardware virtualisation"
             : "";
}

std::string subtitle(const Run& run, const std::string& what, const std::string& rounds) {
  std::string text = what;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  };
  add(rounds);
  if (const auto cache = run.conditions.find("cache"); cache != run.conditions.end()) {
    add(fact_text(cache->second) + " cache");
  }
  if (run.status != RunStatus::kComplete) add("run " + to_text(run.status));
  if (has_acceleration(run, Acceleration::kTcg)) {
    add(emulation_note(run));
  } else if (has_acceleration(run, Acceleration::kNestedKvm)) {
    add("VM under nested KVM");
  } else if (has_acceleration(run, Acceleration::kKvm)) {
    add("VM under KVM");
  }
  return text;
}

std::optional<Subject> subject_of(const Run& run) {
  for (const ScenarioSpec& scenario : declared_scenarios(run)) {
    const MetricSpec* headline = headline_of(scenario);
    if (headline == nullptr || headline->exact) continue;
    const Summary* found =
        find_where(run.summaries, [&](const Summary& summary) { return summary.metric == headline->name; });
    if (found == nullptr) continue;
    const std::string words = one_line(label_words(*headline, headline->name));
    std::string title = words;
    title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    return Subject{scenario.name, headline->name, found->unit, title, words};
  }
  return std::nullopt;
}

std::vector<Series> series_of(const Run& run, const std::string& scenario, const std::string& metric) {
  std::vector<Series> all;
  for (TargetLook& look : target_looks(run)) {
    Series series;
    series.look = std::move(look);
    for (const Sample& sample : run.samples) {
      if (!sample.warmup && sample.metric == metric && sample.scenario == scenario &&
          sample.target == series.look.target->name && std::isfinite(sample.value)) {
        series.samples.push_back(&sample);
        series.values.push_back(sample.value);
      }
    }
    all.push_back(std::move(series));
  }
  return all;
}

std::string value_text(double value, Unit unit) {
  const double one[] = {value};
  return with_unit(value, readable_scale(unit, one));
}

std::string median_text(const Summary& summary) {
  return value_text(summary.median, summary.unit);
}

std::vector<std::string> wrap(const std::string& text, double size, double width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (lines.empty() || text_width(lines.back() + " " + word, size) > width) {
      lines.push_back(word);
    } else {
      lines.back() += " " + word;
    }
  }
  return lines;
}

Head headed(const std::string& title, const std::string& text) {
  Head head;
  head.canvas.words.push_back({kEdge, 20, title, Align::kLeft, kBlack, 15, true});
  head.y = 42;
  for (const std::string& line : wrap(text, 11.5, head.canvas.width - 2 * kEdge)) {
    head.canvas.words.push_back({kEdge, head.y, line, Align::kLeft, kGrey, 11.5});
    head.y += 16;
  }
  head.y += 4;
  return head;
}

double add_legend(Canvas& canvas, double y, const std::vector<std::pair<std::string, std::string>>& entries) {
  double x = kEdge;
  for (const auto& [name, colour] : entries) {
    const double width = 18 + text_width(name, 11.5) + 14;
    if (x > kEdge && x + width > canvas.width - kEdge) {
      x = kEdge;
      y += 18;
    }
    canvas.swatches.push_back({x, y - 6, 12, 12, colour});
    canvas.words.push_back({x + 18, y, name, Align::kLeft, kBlack, 11.5});
    x += width;
  }
  return y + 16;
}

double names_room(const std::vector<std::string>& names) {
  double widest = 40;
  for (const std::string& name : names) {
    widest = std::max(widest, text_width(name, 12));
  }
  return kEdge + widest + 10;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  }
  return text;
}

Figure finished(const std::string& id, const std::string& title, Canvas canvas, double bottom,
                const std::string& alt, const std::string& caption) {
  constexpr double kAxis = 54;  // its labels and its title
  canvas.height = static_cast<int>(bottom + kAxis);
  Figure figure;
  figure.id = id;
  figure.title = title;
  figure.alt = alt;
  figure.caption = caption;
  figure.script = gnuplot_script(canvas);
  figure.width = canvas.width;
  figure.height = canvas.height;
  figure.panels = figure_panels(canvas);
  figure.texts = figure_texts(canvas);
  return figure;
}

Figure finished_with_note(const Run& run, const std::string& id, const std::string& title,
                          const Canvas& canvas, double bottom, const std::string& alt,
                          const std::string& caption) {
  const std::string note = emulation_note(run);
  return finished(id, title, canvas, bottom, note.empty() ? alt : alt + " " + note + ".", caption);
}

}  // namespace bench
