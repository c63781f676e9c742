#include "widgets/source/recorded_source.h"

#include <QMetaObject>
#include <utility>

namespace anchorscope {

RecordedSource::RecordedSource(const QString& folder, ReaderOptions options, QObject* parent)
    : EvidenceSource(parent), folder_(folder) {
  outline_.steps = std::make_shared<const std::vector<std::int64_t>>();
  reader_ = std::make_unique<ReaderThread>(folder.toStdString(), std::move(options), reports());
}

RecordedSource::~RecordedSource() = default;

/// Each hands over to the GUI thread. The reader calls none of them once it is gone, and what has been posted
/// goes with this object.
ReaderReports RecordedSource::reports() {
  const auto post = [this](auto report) {
    QMetaObject::invokeMethod(this, std::move(report), Qt::QueuedConnection);
  };
  ReaderReports out;
  out.opened = [this, post](RunOutline outline) {
    post([this, outline = std::move(outline)]() mutable {
      outline_ = std::move(outline);
      open_ = true;
      if (auto config = fromToml(outline_.header.configToml, folder_.toStdString()); config)
        config_ = *std::move(config);
      emit opened();
      emit described();
    });
  };
  out.cannotOpen = [this, post](Error error) {
    post([this, error = std::move(error)] { emit cannotOpen(error); });
  };
  out.refreshed = [this, post](RunOutline outline) {
    post([this, outline = std::move(outline)]() mutable {
      outline.header = std::move(outline_.header);
      outline_ = std::move(outline);
      emit stepsChanged();
    });
  };
  out.moment = [this, post](Moment moment) {
    post([this, moment = std::move(moment)] { emit momentArrived(moment); });
  };
  out.missing = [this, post](int view, std::int64_t step) {
    post([this, view, step] { emit momentMissing(view, step); });
  };
  out.track = [this, post](TrackNews news) {
    post([this, news = std::move(news)] { emit trackArrived(news); });
  };
  out.scalars = [this, post](ScalarParts parts, bool complete) {
    post([this, parts = std::move(parts), complete] { emit scalarsArrived(parts, complete); });
  };
  out.events = [this, post](std::vector<RunEvent> events) {
    post([this, events = std::move(events)] { emit eventsArrived(events); });
  };
  out.asked = [this, post](AskedAnswer answer) {
    post([this, answer = std::move(answer)] { emit asked(answer); });
  };
  out.held = [this, post](std::int64_t step, std::optional<Error> why) {
    post([this, step, why = std::move(why)] { emit held(step, why); });
  };
  out.problems = [this, post](std::vector<std::string> problems) {
    post([this, problems = std::move(problems)] {
      problems_.insert(problems_.end(), problems.begin(), problems.end());
      emit problemsFound(problems);
    });
  };
  out.failed = [this, post](Error error) { post([this, error = std::move(error)] { emit failed(error); }); };
  out.rested = [this, post](std::int64_t asked) {
    post([this, asked] {
      rested_ = asked;
      if (isRested()) emit rested();
    });
  };
  return out;
}

void RecordedSource::request(const MomentQuery& query) {
  reader_->request(query);
}

void RecordedSource::refresh() {
  reader_->refresh();
}

}  // namespace anchorscope
