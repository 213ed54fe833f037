#include "figures_data.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "bench/stats/judge/derive.h"
#include "support/sample_run.h"

namespace bench::test {
namespace {

struct Part {
  const char* name;
  double container, vm;
};

constexpr Part kPhases[] = {{"create", 0.042, 0.018}, {"launch", 0.21, 0.52}, {"firmware", 0, 0.33},
                            {"kernel", 0, 3.4},       {"init", 0, 0.39},      {"runtime", 0.06, 1.9},
                            {"app", 0.26, 4.7},       {"ready", 0.009, 0.08}};
constexpr Part kSizeParts[] = {{"kernel", 0, 9.1},     {"modules", 0, 21.4},       {"firmware", 0, 4.2},
                               {"init", 1.1, 18.3},    {"packages", 7.4, 8.9},     {"base", 61.2, 63.0},
                               {"python", 38.4, 38.4}, {"dependencies", 9.7, 9.7}, {"app", 0.02, 0.02},
                               {"docs", 21.3, 23.9},   {"filesystem", 0.4, 47.2},  {"other", 3.3, 4.1}};
constexpr Part kMemoryParts[] = {
    {"app", 27.4, 0}, {"shim", 6.1, 0}, {"proxy", 1.7, 0}, {"vmm", 0, 61.3}, {"guest_ram", 0, 187.0}};

class Builder {
 public:
  explicit Builder(const FullRun& plan) : plan_(plan), noise_(plan.seed) { run_ = sample_run(plan.rounds); }

  Run build() {
    const TargetInfo container = run_.targets[0];
    const TargetInfo vm = run_.targets[1];
    run_.samples.clear();
    run_.targets.clear();
    for (const std::string& name : plan_.targets) {
      TargetInfo info = name.starts_with("docker") ? container : vm;
      info.name = name;
      if (info.kind == Kind::kVm) info.acceleration = plan_.acceleration;
      run_.targets.push_back(info);
    }
    if (plan_.size) add_sizes();
    for (int round = -1; round < plan_.rounds; ++round) {
      for (std::size_t i = 0; i < run_.targets.size(); ++i) add_trial(i, round);
    }
    if (plan_.memory) add_curves();
    derive(run_);
    if (plan_.memory) add_slopes();
    return std::move(run_);
  }

 private:
  [[nodiscard]] bool is_vm(std::size_t target) const { return run_.targets[target].kind == Kind::kVm; }
  [[nodiscard]] double apart(std::size_t target) const {
    return std::pow(plan_.factor, static_cast<double>(target)) * (1 + 0.6 * static_cast<double>(target));
  }

  void add(std::size_t target, const std::string& metric, Unit unit, double value,
           std::optional<double> at = std::nullopt) {
    if (plan_.zeros && noise_.uniform() < 0.2) value = 0;
    run_.samples.push_back({metric.substr(0, metric.find('.')), run_.targets[target].name, metric, unit,
                            value, std::max(round_, 0), static_cast<int>(target), round_ < 0, std::nullopt,
                            at});
  }

  double jitter() { return std::exp(plan_.noise * noise_.normal()); }

  void add_sizes() {
    round_ = 0;
    for (std::size_t i = 0; i < run_.targets.size(); ++i) {
      double disk = 0;
      const double factor = apart(i);
      for (const Part& part : kSizeParts) {
        const double bytes = std::round((is_vm(i) ? part.vm : part.container) * factor * kMiB);
        if (bytes > 0) add(i, std::string("size.part.") + part.name, Unit::kBytes, bytes);
        disk += bytes;
      }
      add(i, "size.transfer", Unit::kBytes, std::round(disk * 0.38));
      add(i, "size.disk", Unit::kBytes, disk);
      add(i, "size.virtual", Unit::kBytes, std::round(disk * 1.4));
      add(i, "size.unique", Unit::kBytes, std::round(disk * 0.11));
      add(i, "size.marginal", Unit::kBytes, std::round(disk * 0.004));
      add(i, "size.marginal_at", Unit::kBytes, std::round(disk * 0.004), 2);
      add(i, "size.layers", Unit::kCount, is_vm(i) ? 1 : 3);
      add(i, "size.slim.transfer", Unit::kBytes, std::round(disk * 0.24));
      add(i, "size.slim.disk", Unit::kBytes, std::round(disk * 0.61));
    }
  }

  void add_trial(std::size_t target, int round) {
    round_ = round;
    const double draw = noise_.uniform();
    if (round >= 0 && draw < plan_.failed + plan_.censored) {
      Failure failure{plan_.startup ? "startup" : "memory",
                      run_.targets[target].name,
                      round,
                      false,
                      "init",
                      "the instance died"};
      if (draw < plan_.censored) failure.censored_at = 120;
      run_.failures.push_back(failure);
      return;
    }
    const double machine = jitter();
    if (plan_.startup) {
      double at = 0;
      for (const Part& phase : kPhases) {
        const double seconds = is_vm(target) ? phase.vm : phase.container;
        if (seconds == 0) continue;
        at += seconds * machine * jitter() * apart(target);
        if (!plan_.only_ready || phase.name == std::string("ready")) {
          add(target, std::string("startup.") + phase.name, Unit::kSeconds, at);
        }
      }
      if (!plan_.only_ready) {
        add(target, "startup.cpu", Unit::kSeconds, at * 0.9);
        add(target, "startup.stop", Unit::kSeconds, 0.2 * jitter());
      }
    }
    if (plan_.memory) {
      double pss = 0;
      for (const Part& part : kMemoryParts) {
        const double bytes = (is_vm(target) ? part.vm : part.container) * machine * apart(target) * kMiB;
        if (bytes == 0) continue;
        add(target, std::string("memory.part.") + part.name, Unit::kBytes, bytes);
        pss += bytes;
      }
      add(target, "memory.host_pss", Unit::kBytes, pss);
      add(target, "memory.host_rss", Unit::kBytes, pss * 1.31);
      add(target, "memory.host_uss", Unit::kBytes, pss * 0.87);
      add(target, "memory.cgroup", Unit::kBytes, pss * 1.12);
      if (is_vm(target)) add(target, "memory.guest_used", Unit::kBytes, pss * 0.41);
      add(target, "memory.loaded_pss", Unit::kBytes, pss * 1.05);
    }
  }

  void add_curves() {
    for (std::size_t i = 0; i < run_.targets.size(); ++i) {
      for (round_ = 0; round_ < 3; ++round_) {
        const double start = (20e3 + 100 * noise_.normal()) * kMiB;
        for (int n = 0; n <= 5; ++n) {
          add(i, "memory.available", Unit::kBytes,
              start - slope(i) * n * (1 + plan_.noise * noise_.normal()) + kMiB * noise_.normal(), n);
        }
      }
    }
  }

  [[nodiscard]] double slope(std::size_t target) const {
    return (is_vm(target) ? 255.0 : 31.0) * apart(target) * kMiB;
  }

  void add_slopes() {
    std::erase_if(run_.summaries, [](const Summary& s) { return s.metric == "memory.marginal"; });
    for (std::size_t i = 0; i < run_.targets.size(); ++i) {
      Summary summary{"memory", run_.targets[i].name, "memory.marginal", Unit::kBytes};
      summary.n = 18;
      summary.median = summary.mean = slope(i);
      summary.min = summary.max = slope(i);
      summary.ci95 = Interval{slope(i) * 0.97, slope(i) * 1.03};
      run_.summaries.push_back(summary);
    }
  }

  const FullRun& plan_;
  Noise noise_;
  Run run_;
  int round_ = 0;
};

}  // namespace

Run full_run(const FullRun& plan) {
  return Builder(plan).build();
}

const Figure* find_figure(const std::vector<Figure>& all, const std::string& id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Figure& figure) { return figure.id == id; });
  return found == all.end() ? nullptr : &*found;
}

std::size_t dots_in(const FigurePanel& panel) {
  return static_cast<std::size_t>(std::count_if(panel.points.begin(), panel.points.end(),
                                                [](const FigurePoint& point) { return point.sample; }));
}

}  // namespace bench::test
