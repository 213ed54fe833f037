#include "bench/stats/student_t.h"

// The only file with Boost.Math: its headers take longer to compile than the rest of the room's file.
#include <boost/math/distributions/students_t.hpp>

namespace bench {

double student_t_quantile(double confidence, int freedom) {
  const boost::math::students_t_distribution<double> distribution(freedom);
  return boost::math::quantile(distribution, (1 + confidence) / 2);
}

}  // namespace bench
