#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "bench/commands/command_line.h"

namespace bench::test {

struct Answer {
  int exit_code = 0;
  std::string out, err;
};

/// What the whole program answers to these words, in this process.
inline Answer bench_says(std::vector<std::string> words) {
  words.insert(words.begin(), "bench");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Answer answer;
  answer.exit_code = run_command_line(static_cast<int>(words.size()), argv.data(), {});
  answer.out = testing::internal::GetCapturedStdout();
  answer.err = testing::internal::GetCapturedStderr();
  return answer;
}

}  // namespace bench::test
