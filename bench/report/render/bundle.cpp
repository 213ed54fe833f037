#include "bench/report/render/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "bench/base/error.h"
#include "bench/report/view/numbers.h"

namespace bench {

Drawings::Drawings(std::vector<Figure> figures, Draw draw)
    : figures_(std::move(figures)), draw_(std::move(draw)) {}

Drawings Drawings::of(const Run& run) {
  return {bench::figures(run), can_draw() ? Draw([](const Figure& figure, const std::string& format) {
            return draw(figure, format);
          })
                                          : Draw()};
}

void Drawings::prepare(const std::vector<std::string>& formats) {
  if (!drawable()) return;
  struct Job {
    std::pair<std::string, std::string> key;
    std::future<std::string> image;
  };
  // Drawing is a process of its own: a few at a time, whatever the number of figures.
  constexpr std::size_t kAtOnce = 4;
  std::vector<Job> jobs;
  const auto take = [this](Job& job) {
    try {
      images_[job.key] = job.image.get();
    } catch (const Error& error) {
      images_[job.key].clear();
      problems_.push_back(fmt::format("{} could not be drawn as {}: {}", job.key.first, job.key.second,
                                      one_line(error.what())));
    }
  };
  for (const Figure& figure : figures_) {
    for (const std::string& format : formats) {
      const std::pair<std::string, std::string> key{figure.id, format};
      if (images_.contains(key)) continue;
      images_[key];  // asked for once
      jobs.push_back(
          {key, std::async(std::launch::async, [this, &figure, format] { return draw_(figure, format); })});
      if (jobs.size() == kAtOnce) {
        take(jobs.front());
        jobs.erase(jobs.begin());
      }
    }
  }
  std::for_each(jobs.begin(), jobs.end(), take);
}

const std::string& Drawings::image(const Figure& figure, const std::string& format) {
  if (!images_.contains({figure.id, format})) prepare({format});
  return images_[{figure.id, format}];
}

std::string chart_path(const Figure& figure, const std::string& format) {
  return fmt::format("charts/{}.{}", figure.id, format);
}

}  // namespace bench
