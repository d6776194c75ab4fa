//! The arguments about the columns of a table, as the settings of a training.

use crate::arguments::{ClassWeightArgument, Columns, ScaleArgument, TaskArgument, UnseenArgument};
use pellucid::recipe::{ClassWeight, Scale, Task, Unseen};
use pellucid_data::preparation::ColumnChoice;

impl Columns {
    pub(crate) fn choice(&self) -> ColumnChoice {
        ColumnChoice {
            target: self.target.clone(),
            only: self.only.clone(),
            drop: self.drop.clone(),
            id: self.id.clone(),
            weight: self.weight.clone(),
        }
    }

    pub(crate) fn task(&self) -> Option<Task> {
        self.task.map(|task| match task {
            TaskArgument::Classification => Task::Classification,
            TaskArgument::Regression => Task::Regression,
        })
    }

    pub(crate) fn scale(&self) -> Option<Scale> {
        self.scale.map(|scale| match scale {
            ScaleArgument::Standardize => Scale::Standardize,
            ScaleArgument::MinMax => Scale::MinMax,
            ScaleArgument::None => Scale::None,
        })
    }

    pub(crate) fn unseen(&self) -> Option<Unseen> {
        self.unseen.map(|unseen| match unseen {
            UnseenArgument::Zeros => Unseen::Zeros,
            UnseenArgument::Error => Unseen::Error,
            UnseenArgument::Missing => Unseen::Missing,
        })
    }
}

impl From<ClassWeightArgument> for ClassWeight {
    fn from(argument: ClassWeightArgument) -> Self {
        match argument {
            ClassWeightArgument::None => ClassWeight::None,
            ClassWeightArgument::Balanced => ClassWeight::Balanced,
        }
    }
}
