#include "bench/report/writeup.h"

#include "bench/report/numbers.h"

namespace bench {

std::vector<std::string> writeup(const Run& run) {
  std::vector<std::string> paragraphs;
  paragraphs.reserve(run.claims.size());
  for (const Claim& claim : run.claims) {
    paragraphs.push_back("“" + one_line(claim.sentence) + "”: " + one_line(claim.verdict) +
                         (claim.why.empty() ? "." : ", " + one_line(claim.why) + "."));
  }
  return paragraphs;
}

}  // namespace bench
