#include "bench/measure/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "bench/base/error.h"
#include "bench/core/run_json.h"

namespace bench {
namespace {

std::string remedy_for(int error) {
  if (error == ENOSPC || error == EDQUOT) return "free some space, or choose another place with --out DIR";
  return "choose a directory that can be written to with --out DIR";
}

}  // namespace

Checkpoint::Checkpoint(std::filesystem::path dir, const Run& header) : dir_(std::move(dir)) {
  std::error_code failed;
  std::filesystem::create_directories(dir_, failed);
  if (failed) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot create the results directory {}: {}", dir_.string(), failed.message()),
                remedy_for(failed.value()));
  }
  file_ = dir_ / "samples.jsonl";
  if (std::filesystem::exists(dir_ / "run.json") || std::filesystem::exists(file_)) {
    throw Error(ErrorCode::kIo, fmt::format("{} already holds a run", dir_.string()),
                "choose another directory with --out DIR, or remove that one");
  }
  fd_.reset(open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!fd_.open()) {
    throw Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", file_.string(), std::strerror(errno)),
                remedy_for(errno));
  }
  write_line(checkpoint_header(header));
}

void Checkpoint::append(const Sample& sample) {
  write_line(to_json_line(sample));
}
void Checkpoint::append(const Failure& failure) {
  write_line(to_json_line(failure));
}

void Checkpoint::write_line(std::string line) {
  line.push_back('\n');
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote = write(fd_.get(), line.data() + done, line.size() - done);
    if (wrote > 0) {
      done += static_cast<std::size_t>(wrote);
    } else if (errno != EINTR) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot store a sample in {}: {}", file_.string(), std::strerror(errno)),
                  remedy_for(errno));
    }
  }
}

}  // namespace bench
